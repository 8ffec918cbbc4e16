"""Runs a part of the benchmark in another environment."""

import json
import os
import subprocess

from infra.local import places


def measured_in(environment: str, module: str, *arguments: str) -> dict[str, float]:
    """The flat JSON object (name to number) that `python -m module` prints there."""
    path = os.pathsep.join(str(places.ROOT / part) for part in (".", "model", "layers/likeness"))
    done = subprocess.run(
        [str(places.python_of(environment)), "-m", module, *arguments],
        cwd=places.ROOT,
        env=os.environ | {"PYTHONPATH": path},
        check=True,
        stdout=subprocess.PIPE,
    )
    numbers: dict[str, float] = json.loads(done.stdout)
    return numbers
