"""The painter, in the container's own environment."""

import json
import os
import subprocess

from infra.local import places

PHOTOS = places.ROOT / "infra" / "local" / "demo" / "photos"


def measure() -> dict[str, float]:
    path = os.pathsep.join(str(places.ROOT / part) for part in ("model", "layers/likeness"))
    done = subprocess.run(
        [str(places.python_of("model")), "-m", "likeness_model.bench", "--photos", str(PHOTOS)],
        cwd=places.ROOT,
        env=os.environ | {"PYTHONPATH": path},
        check=True,
        stdout=subprocess.PIPE,
    )
    numbers: dict[str, float] = json.loads(done.stdout)
    return numbers
