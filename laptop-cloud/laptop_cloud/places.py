"""The address, account and folders of a laptop cloud."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
ACCOUNT = "123456789012"
REGION = "us-east-1"
PORT = 4566
HOST = "127.0.0.1"


class CannotRun(Exception):
    """The cloud cannot do what was asked; the message says why and what to do."""


def port_number(text: str) -> int:
    """The port that an option names. Raises CannotRun."""
    if not (text.isascii() and text.isdecimal() and 0 < int(text) < 2**16):
        raise CannotRun(f"The port must be a number from 1 to 65535, not {text!r}.")
    return int(text)


@dataclass(frozen=True, slots=True)
class Folders:
    """Where one cloud writes. Clouds with different folders do not affect each other.

    `state` belongs to a running cloud; `down` deletes it. `build` is a cache that clouds may share.
    """

    state: Path
    build: Path

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

    @property
    def capacity(self) -> Path:
        """Written by hand or by a test: see `laptop_cloud.sagemaker.Capacity`."""
        return self.state / "capacity.json"


def architecture() -> str:
    """The host's processor under Lambda's name."""
    return "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"
