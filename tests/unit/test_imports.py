"""Cold starts: heavy packages are imported only by the functions that need them."""

import json
import subprocess
import sys
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
# Imports each function in a process of its own, forked after the packages that all functions need.
PROGRAM = f"""
import importlib, json, os, sys
import boto3, pydantic, likeness.observability

for name in sys.argv[1:]:
    if (child := os.fork()) == 0:
        importlib.import_module("functions." + name)
        print(json.dumps([name, [one for one in {HEAVY!r} if one in sys.modules]]), flush=True)
        os._exit(0)
    os.waitpid(child, 0)
"""


def test_only_functions_that_decode_pictures_import_heavy_packages():
    names = sorted(file.stem for file in (ROOT / "functions").glob("[!_]*.py"))
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *names],
        env={"PYTHONPATH": f"{ROOT}:{LAYER}", "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )

    imported = dict(map(json.loads, done.stdout.splitlines()))

    assert list(imported) == names
    assert {name: set(heavy) for name, heavy in imported.items() if heavy} == {
        "claim_next": PICTURES,
        "inspect_photo": PICTURES,
        "mix_known_cases": PICTURES,
        "match_appeal": PICTURES,
        "read_review": PICTURES,
        "reveal_photo": PICTURES,
        "verify_picture": PICTURES,
    }
