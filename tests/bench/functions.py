"""Import time of each Lambda function in a fresh interpreter, from the layers of `sam build`.

This is the part of a cold start that depends on our code, and Lambda bills it; the interpreter's
start is not counted. `ratio.import_*` compares it with the packages that a function cannot do
without: boto3, pydantic, and Pillow if it decodes pictures.
"""

import os
import statistics
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from infra.laptop.project import ROOT, likeness, tool
from laptop_cloud import places, sam

RUNS = 5
AGAIN = 8  # so many functions later the packages are imported again
PACKAGES = "import boto3; from pydantic import BaseModel, ConfigDict, Field"
PICTURES = PACKAGES + "; from PIL import Image"
DECODE_PICTURES = frozenset(
    {
        "claim_next",
        "inspect_photo",
        "match_appeal",
        "mix_known_cases",
        "read_review",
        "reveal_photo",
        "verify_picture",
    }
)
TIMED = """
import sys, time
start = time.process_time()
exec(sys.argv[1])
print(time.process_time() - start)
"""


def measure() -> dict[str, float]:
    project = likeness()
    with sam.built(project, project.folders.build / "build.log") as template:
        return _measure(sorted(template.parent.glob("Layers/*Layer/python")))


def _measure(layers: list[Path]) -> dict[str, float]:
    names = sorted(file.stem for file in (ROOT / "functions").glob("[!_]*.py"))
    seconds: dict[str, list[float]] = defaultdict(list)
    for run in range(RUNS + 1):  # the first run warms the file cache
        for code in _codes(names):
            took = _import_seconds(code, layers)
            if run:
                seconds[code].append(took)
    medians = {code: statistics.median(each) for code, each in seconds.items()}
    ratios = {
        name: medians[f"import {name}"] / medians[PICTURES if name in DECODE_PICTURES else PACKAGES]
        for name in names
    }
    worst = max(ratios, key=lambda name: ratios[name])
    return {
        **{f"function.{name}.import_s": round(medians[f"import {name}"], 3) for name in names},
        "function.packages.import_s": round(medians[PACKAGES], 3),
        f"function.{worst}.import_over_packages": round(ratios[worst], 2),
        "ratio.import_worst": round(ratios[worst], 2),
        "ratio.import_median": round(statistics.median(ratios.values()), 2),
    }


def _codes(names: list[str]) -> Iterator[str]:
    for n, name in enumerate(names):
        if n % AGAIN == 0:
            yield from (PACKAGES, PICTURES)
        yield f"import {name}"


def _import_seconds(code: str, layers: list[Path]) -> float:
    path = os.pathsep.join(map(str, [ROOT / "functions", *layers]))
    environment = {
        "PYTHONPATH": path,
        "AWS_DEFAULT_REGION": places.REGION,
        "AWS_LAMBDA_FUNCTION_NAME": "bench",
    }
    done = subprocess.run(
        [tool("cloud").command(), "-S", "-c", TIMED, code],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return float(done.stdout)
