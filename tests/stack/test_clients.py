"""The clients' examples on the laptop cloud, as an integrator runs them."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from typing import TYPE_CHECKING

import pytest

from infra.laptop.project import ROOT
from laptop_cloud import places
from tests.stack.conftest import PHOTOS

if TYPE_CHECKING:
    from pathlib import Path

    from laptop_cloud.cloud import Cloud

CLIENTS = ROOT / "clients"
NODE = ROOT / ".envs" / "node" / "bin"
COMMANDS = {
    "python": (sys.executable, CLIENTS / "python/examples/avatars.py"),
    "typescript": (NODE / "node", CLIENTS / "typescript/examples/avatars.ts"),
}


@pytest.fixture(scope="module")
def built() -> None:
    """The TypeScript example imports the package, as it is published."""
    command = [NODE / "npm", "run", "build", "--workspace", "likeness-client"]
    subprocess.run(command, cwd=ROOT, check=True)


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize("client", COMMANDS)
def test_an_example_makes_avatars_and_verifies_the_receipt(
    client: str, running: Cloud, tmp_path: Path
) -> None:
    environment = running.app_credentials().environment() | {
        "LIKENESS_API_URL": running.api_url,
        "AWS_DEFAULT_REGION": places.REGION,
        "PYTHONPATH": str(CLIENTS / "python"),
    }
    command = [*COMMANDS[client], f"user-{uuid.uuid4().hex[:8]}", *PHOTOS[:3]]

    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert {"moderating", "completed"} <= {line.split()[0] for line in lines}
    assert "files deleted, signed at 20" in lines[-1]
    assert not lines[-1].startswith("0 ")
    pictures = sorted(tmp_path.glob("*.png"))
    assert len(pictures) == 4
    assert all(one.read_bytes().startswith(b"\x89PNG") for one in pictures)
