"""Runs a part of the benchmark in another environment."""

import json
import os
import subprocess

from infra.laptop.project import ROOT, tool


def measured_in(environment: str, module: str, *arguments: str) -> dict[str, float]:
    """The flat JSON object (name to number) that `python -m module` prints there."""
    path = os.pathsep.join(str(ROOT / part) for part in (".", "model", "layers/likeness"))
    done = subprocess.run(
        [tool(environment).command(), "-m", module, *arguments],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": path},
        check=True,
        stdout=subprocess.PIPE,
    )
    numbers: dict[str, float] = json.loads(done.stdout)
    return numbers
