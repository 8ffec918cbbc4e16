"""A container's program as a process, without secrets; it cannot outlive the cloud."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

_SUPERVISOR = Path(__file__).with_name("supervisor.py")
_PATH = "/usr/local/bin:/usr/bin:/bin"


@dataclass(frozen=True)
class Program:
    """The entry point of an image, and the environment that its Dockerfile sets."""

    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


class Running:
    """A started program. Its output must be read, or the program blocks."""

    def __init__(
        self,
        command: tuple[str, ...],
        *,
        directory: Path,
        environment: Mapping[str, str],
        isolated: bool,
        protected: Path,
    ) -> None:
        """`protected` is read-only for the program."""
        flags = [*(["--no-network"] if isolated else []), "--read-only", str(protected)]
        self._supervisor = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_SUPERVISOR), *flags, str(directory), *command],
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
        if self._supervisor.stdout is None:
            raise RuntimeError("the supervisor has no output pipe")
        self.output: IO[bytes] = self._supervisor.stdout

    def wait(self, seconds: float) -> int | None:
        """The exit code as of a container engine (128 + n for signal n); None if it runs."""
        try:
            return self._supervisor.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def terminate(self) -> None:
        self._send(b"T")

    def kill(self) -> None:
        self._send(b"K")

    def end(self) -> None:
        """Kill the program if it runs, and wait for its end."""
        if self._supervisor.stdin:
            self._supervisor.stdin.close()
        self._supervisor.wait()

    def close(self) -> None:
        self.output.close()

    def _send(self, command: bytes) -> None:
        if self._supervisor.stdin and not self._supervisor.stdin.closed:
            try:
                os.write(self._supervisor.stdin.fileno(), command)
            except BrokenPipeError:
                return  # it has ended already
