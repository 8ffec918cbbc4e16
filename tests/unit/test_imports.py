"""Cold starts: heavy packages are imported only by the functions that need them."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import likeness

LAYER = Path(likeness.__file__).parents[1]
ROOT = LAYER.parents[1]
HEAVY = (
    "PIL",
    "pillow_heif",
    "numpy",
    "c2pa",
    "onnxruntime",
    "yaml",
    "jinja2",
    "jwt",
    "cryptography",
)
PICTURES = {"PIL", "pillow_heif"}  # decode uploads
# Each model takes about half a millisecond of a cold start. The app waits for these.
MOST_MODELS = {"get_job": 100, "create_job": 75, "submit_job": 75}
MOST_MODELS_OF_OTHERS = 180
# Imports each function in a process of its own, forked after the packages that all functions need.
PROGRAM = f"""
import importlib, json, os, sys
import boto3, pydantic, likeness.observability
from likeness.domain.record import Record

def models(kind):
    return {{one for sub in kind.__subclasses__() for one in ({{sub}} | models(sub))}}

for name in sys.argv[1:]:
    if (child := os.fork()) == 0:
        importlib.import_module("functions." + name)
        heavy = [one for one in {HEAVY!r} if one in sys.modules]
        print(json.dumps([name, heavy, len(models(Record))]), flush=True)
        os._exit(0)
    os.waitpid(child, 0)
"""


@cache
def imported() -> dict[str, tuple[list[str], int]]:
    """Heavy packages and the number of models, of each function."""
    names = sorted(file.stem for file in (ROOT / "functions").glob("[!_]*.py"))
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *names],
        env={"PYTHONPATH": f"{ROOT}:{LAYER}", "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )

    lines = map(json.loads, done.stdout.splitlines())
    found = {name: (heavy, models) for name, heavy, models in lines}
    assert list(found) == names
    return found


def test_only_functions_that_decode_pictures_import_heavy_packages():
    assert {name: set(heavy) for name, (heavy, _) in imported().items() if heavy} == {
        "claim_next": PICTURES,
        "inspect_photo": PICTURES,
        "mix_known_cases": PICTURES,
        "match_appeal": PICTURES,
        "read_review": PICTURES,
        "reveal_photo": PICTURES,
        "verify_picture": PICTURES,
    }


def test_functions_import_few_models():
    assert {
        name: models
        for name, (_, models) in imported().items()
        if models > MOST_MODELS.get(name, MOST_MODELS_OF_OTHERS)
    } == {}
