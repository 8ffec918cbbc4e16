"""Programs that outlive the command which started them, and are ended for certain later."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from laptop_cloud.places import HOST, CannotRun

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

POLL_S = 0.05
GRACE_S = 10.0

_children: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True, slots=True)
class Process:
    """A program of ours. `began` tells it from a stranger that got the same id later."""

    name: str
    pid: int
    began: str
    port: int = 0  # where it listens

    def runs(self) -> bool:
        return began(self.pid) == self.began != ""

    def end(self) -> None:
        """Ask it and all it started to stop, then insist. Does nothing to a stranger."""
        for signal_number in (signal.SIGTERM, signal.SIGKILL):
            if self.runs():
                with suppress(ProcessLookupError):
                    os.killpg(self.pid, signal_number)
            deadline = time.monotonic() + GRACE_S
            while self.runs() and time.monotonic() < deadline:
                _reap(self.pid)
                time.sleep(POLL_S)
            _reap(self.pid)


def start(  # noqa: PLR0917
    name: str,
    command: Sequence[str],
    environment: Mapping[str, str],
    log: Path,
    folder: Path,
    port: int = 0,
) -> Process:
    """Start a program in a session of its own, with its output in `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        started = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _children[started.pid] = started
    return Process(name, started.pid, began(started.pid), port)


def began(pid: int) -> str:
    """When a process began, in whatever form the system tells; empty when there is none."""
    status = Path(f"/proc/{pid}/stat")
    if status.parent.parent.joinpath("self").exists():
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            return ""
        return "" if fields[0] == "Z" else fields[19]
    asked = subprocess.run(
        ["ps", "-o", "lstart=,stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    when, _, state = asked.stdout.strip().rpartition(" ")
    return "" if state.startswith("Z") else when.strip()


def _reap(pid: int) -> None:
    """Let a child of this very command go; one of an earlier command is not ours to wait for."""
    if child := _children.get(pid):
        with suppress(subprocess.TimeoutExpired):
            child.wait(0.2)


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port


def wait_until_it_listens(process: Process, port: int, log: Path, seconds: float) -> None:
    """Wait for a server's port; raises CannotRun with the end of its log if it ended or hangs."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection((HOST, port), timeout=1):
            return
        _reap(process.pid)
        if not process.runs():
            last = "\n".join(log.read_text(errors="replace").strip().splitlines()[-5:])
            raise CannotRun(f"{process.name} did not start:\n{last}")
        time.sleep(POLL_S)
    raise CannotRun(f"{process.name} did not answer within {seconds:g} s; its log is {log}.")
