"""A container's program as a process: it sees no secret and cannot outlive the cloud."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

_KEEPER = Path(__file__).with_name("keeper.py")
_PATH = "/usr/local/bin:/usr/bin:/bin"


@dataclass(frozen=True)
class Program:
    """What an image runs: its entry point, and the environment that its Dockerfile would set."""

    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


class Running:
    """A started program. Its output must be read, or it blocks as in any pipe."""

    def __init__(
        self,
        command: tuple[str, ...],
        *,
        directory: Path,
        environment: Mapping[str, str],
        isolated: bool,
    ) -> None:
        flags = ["--no-network"] if isolated else []
        self._keeper = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_KEEPER), *flags, str(directory), *command],
            cwd=directory,
            env={
                "PATH": _PATH,
                "LANG": "C.UTF-8",
                "HOME": str(directory / "tmp"),
                "TMPDIR": str(directory / "tmp"),
                "NO_PROXY": "*",
                "no_proxy": "*",
                **environment,
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        if self._keeper.stdout is None:
            raise RuntimeError("the keeper has no output pipe")
        self.output: IO[bytes] = self._keeper.stdout

    def wait(self, seconds: float) -> int | None:
        """The exit code as a container engine gives it (128 + n for signal n), or None."""
        try:
            return self._keeper.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def terminate(self) -> None:
        self._tell(b"T")

    def kill(self) -> None:
        self._tell(b"K")

    def end(self) -> None:
        """Let go of the keeper's hand: a program that still runs is killed. Waits for its end."""
        if self._keeper.stdin:
            self._keeper.stdin.close()
        self._keeper.wait()

    def close(self) -> None:
        self.output.close()

    def _tell(self, word: bytes) -> None:
        if self._keeper.stdin and not self._keeper.stdin.closed:
            try:
                os.write(self._keeper.stdin.fileno(), word)
            except BrokenPipeError:
                return  # it has ended already
