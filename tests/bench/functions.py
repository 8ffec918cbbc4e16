"""Importing each Lambda in a fresh interpreter, from the layers as `sam build` made them.

This is what our code adds to a cold start. The interpreter's own start is not counted.
"""

import os
import statistics
import subprocess
from pathlib import Path

from infra.local import places, sam
from infra.local.places import Places
from infra.local.project import likeness

RUNS = 5
TIMED = """
import sys, time
began = time.perf_counter()
__import__(sys.argv[1])
print(time.perf_counter() - began)
"""


def measure() -> dict[str, float]:
    where = Places()
    built = sam.build(likeness(), where.build, where.build / "build.log").parent
    layers = [built / "DependenciesLayer" / "python", built / "LikenessLayer" / "python"]
    names = sorted(file.stem for file in (places.ROOT / "functions").glob("*.py"))
    return {
        f"function.{name}.import_s": _import_seconds(name, layers)
        for name in names
        if name != "__init__"
    }


def _import_seconds(name: str, layers: list[Path]) -> float:
    path = os.pathsep.join(map(str, [places.ROOT / "functions", *layers]))
    seconds = []
    for _ in range(RUNS + 1):  # the first one warms the file cache
        done = subprocess.run(
            [str(places.python_of("cloud")), "-S", "-c", TIMED, name],
            env={"PYTHONPATH": path, "AWS_DEFAULT_REGION": places.REGION},
            check=True,
            capture_output=True,
            text=True,
        )
        seconds.append(float(done.stdout))
    return round(statistics.median(seconds[1:]), 3)
