"""SnapStart: what AWS refuses beside it, and what a snapshot must not contain.

A snapshot is made after a version's imports and restored in many environments, weeks later.
"Handling uniqueness with Lambda SnapStart" (Lambda Developer Guide): nothing unique may be made
before it, and connections and times are stale after it. What the first call makes is in none.
"""

from __future__ import annotations

import random
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from likeness import bootstrap
from tests.infra.documents import FUNCTION, ROOT
from tests.infra.stacks import deployed

STACKS = {stack.template["Description"]: stack for stack in deployed()}
LARGEST_STORAGE = 512  # MB; "Improving startup performance with Lambda SnapStart"

# Imports functions and prints each call that reads a clock or randomness, opens a socket or makes a
# client, and that a module of ours makes while it is imported. `random` seeds itself when it is
# imported; that is no call of ours, and the first call of AWS seeds it again.
PROGRAM = """
import importlib, sys

UNIQUE = {
    "time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "urandom", "getrandom",
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today",
    "Random.random", "Random.getrandbits", "Random.seed",
}
STATE = {"create_client", "client", "resource", "Session.__init__", "socket.__init__", "settings"}

def ours(frame):
    "The module of ours that makes the call while it is imported; None if another one does."
    while frame:
        name = frame.f_code.co_filename
        if "importlib" in name:
            return None
        if frame.f_code.co_name == "<module>" and name.startswith(tuple(sys.argv[1].split(":"))):
            return name
        frame = frame.f_back

def watch(frame, event, called):
    if event == "c_call":
        name = getattr(called, "__qualname__", "")
        if name in UNIQUE and (where := ours(frame)):
            print(where, frame.f_lineno, name)
    elif event == "call" and frame.f_code.co_qualname in STATE and (where := ours(frame)):
        print(where, frame.f_code.co_qualname)

sys.setprofile(watch)
for name in sys.argv[2:]:
    importlib.import_module(name)
"""


def test_retries_of_restored_environments_do_not_keep_step(monkeypatch) -> None:
    """botocore and our transactions draw their pauses from `random`, whose state is restored."""
    found = SimpleNamespace(call_attempts=3, call_seconds=5)
    monkeypatch.setattr(bootstrap, "settings", lambda: found)
    drawn = []
    for _ in range(2):
        random.seed(1)  # the state in the snapshot
        bootstrap.calls.__wrapped__()
        drawn.append(random.random())  # noqa: S311 - as they do

    assert drawn[0] != drawn[1]


def made_at_import(paths: list[str], *modules: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, ":".join(paths), *modules],
        env={"PYTHONPATH": ":".join(paths), "PATH": "", "AWS_LAMBDA_FUNCTION_NAME": "test"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def test_no_function_makes_what_is_unique_or_expires_while_it_is_imported() -> None:
    names = sorted(file.stem for file in (ROOT / "functions").glob("[!_]*.py"))
    paths = [str(ROOT / "functions"), str(ROOT / "layers" / "likeness")]
    assert made_at_import(paths, *names) == []


@pytest.mark.parametrize(
    "line",
    [
        "import uuid; ID = uuid.uuid4()",
        "import secrets; TOKEN = secrets.token_hex(8)",
        "import time; STARTED = time.monotonic()",
        "from datetime import UTC, datetime; NOW = datetime.now(UTC)",
        "import random; DRAWN = random.random()",
        "import socket; SENDER = socket.socket()",
        "import boto3; S3 = boto3.client('s3', region_name='eu-central-1')",
    ],
)
def test_what_is_made_at_import_is_found(tmp_path: Any, line: str) -> None:
    (tmp_path / "unsafe.py").write_text(line)
    assert made_at_import([str(tmp_path), *sys.path], "unsafe")


@pytest.mark.parametrize("stack", STACKS.values(), ids=STACKS)
def test_functions_with_snapshots_have_nothing_that_aws_refuses_beside_them(stack: Any) -> None:
    shared = stack.template.get("Globals", {}).get("Function", {})
    for name, one in stack.resources.items():
        function = shared | one.get("Properties", {})
        if one["Type"] != FUNCTION or "SnapStart" not in function:
            continue
        assert function["AutoPublishAlias"], f"{name}: $LATEST has no snapshot"
        assert tuple(map(int, function["Runtime"].removeprefix("python").split("."))) >= (3, 12)
        assert function.get("EphemeralStorage", {}).get("Size", 512) <= LARGEST_STORAGE, name
        refused = {"ProvisionedConcurrencyConfig", "FileSystemConfigs", "ImageUri"}
        assert not refused & function.keys(), name


def test_every_function_of_the_api_starts_as_the_parameter_says() -> None:
    [api] = [one for name, one in STACKS.items() if "HTTP API" in name]
    assert api.template["Globals"]["Function"]["SnapStart"] == {"ApplyOn": {"Ref": "SnapStart"}}
