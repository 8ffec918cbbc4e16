"""Where the laptop cloud keeps its things, and the names and numbers it goes by."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ACCOUNT = "123456789012"
REGION = "us-east-1"
STACK = "likeness"
STAGE = "local"
PORT = 4566
HOST = "127.0.0.1"
TRAINING_IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/likeness-model:laptop"
ENVIRONMENTS = ROOT / ".envs"


class CannotRun(Exception):
    """The cloud cannot do what was asked; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Places:
    """One cloud's folders. Two clouds with different ones do not meet."""

    state: Path = ROOT / ".local"
    build: Path = ROOT / ".aws-sam" / "laptop"

    @property
    def record(self) -> Path:
        return self.state / "state.json"

    @property
    def env(self) -> Path:
        return self.state / "env"

    @property
    def logs(self) -> Path:
        return self.state / "logs"

    @property
    def temporary(self) -> Path:
        return self.state / "tmp"

    @property
    def training(self) -> Path:
        return self.state / "training"


def python_of(environment: str) -> Path:
    """The interpreter of one of the project's environments; raises CannotRun."""
    found = ENVIRONMENTS / environment / "bin" / "python"
    if not found.exists():
        raise CannotRun(
            f"The environment {environment} is missing. Make it with: "
            f"requirements/install.sh {environment}"
        )
    return found


def architecture() -> str:
    """The host's processor as Lambda names it."""
    return "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"
