"""Import time of each Lambda function in a fresh interpreter, from the layers of `sam build`.

This is the part of a cold start that depends on our code; the interpreter's start is not counted.
"""

import os
import statistics
import subprocess
from pathlib import Path

from infra.laptop.project import ROOT, likeness, tool
from laptop_cloud import places, sam

RUNS = 5
TIMED = """
import sys, time
start = time.perf_counter()
__import__(sys.argv[1])
print(time.perf_counter() - start)
"""


def measure() -> dict[str, float]:
    project = likeness()
    built = sam.build(project, project.folders.build / "build.log").parent
    layers = sorted(built.glob("Layers/*Layer/python"))
    names = sorted(file.stem for file in (ROOT / "functions").glob("[!_]*.py"))
    return {f"function.{name}.import_s": _import_seconds(name, layers) for name in names}


def _import_seconds(name: str, layers: list[Path]) -> float:
    path = os.pathsep.join(map(str, [ROOT / "functions", *layers]))
    seconds = []
    for _ in range(RUNS + 1):  # the first run warms the file cache
        done = subprocess.run(
            [tool("cloud").command(), "-S", "-c", TIMED, name],
            env={"PYTHONPATH": path, "AWS_DEFAULT_REGION": places.REGION},
            check=True,
            capture_output=True,
            text=True,
        )
        seconds.append(float(done.stdout))
    return round(statistics.median(seconds[1:]), 3)
