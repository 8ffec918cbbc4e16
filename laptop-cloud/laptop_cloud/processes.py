"""Programs that outlive the command that started them, and that a later command ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

from laptop_cloud.places import HOST, CannotRun

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

POLL_S = 0.05
GRACE_S = 10.0
SAME_S = 2.0  # two readings of one start differ by less: the boot time is in whole seconds

_children: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True, slots=True)
class Process:
    """A program that we started. `started` distinguishes it from a later one with the same id."""

    name: str
    pid: int
    started: float  # seconds after the boot: a changed clock does not change it
    port: int = 0  # where it listens

    def runs(self) -> bool:
        return self._found() is not None

    def end(self) -> None:
        """Send SIGTERM to the process group, then SIGKILL. Another process is left alone."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if (process := self._found()) is None:
                break
            with suppress(ProcessLookupError):
                os.killpg(self.pid, number)
            with suppress(psutil.TimeoutExpired):
                process.wait(GRACE_S)
        if child := _children.get(self.pid):
            child.poll()  # Popen does not know yet that it has ended

    def _found(self) -> psutil.Process | None:
        try:
            process = psutil.Process(self.pid)
            same = abs(_started(process) - self.started) < SAME_S
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None


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
        child = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _children[child.pid] = child
    return Process(name, child.pid, _started(psutil.Process(child.pid)), port)


def _started(process: psutil.Process) -> float:
    seconds: float = process.create_time() - psutil.boot_time()
    return seconds


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
        if not process.runs():
            last = "\n".join(log.read_text(errors="replace").strip().splitlines()[-5:])
            raise CannotRun(f"{process.name} did not start:\n{last}")
        time.sleep(POLL_S)
    raise CannotRun(f"{process.name} did not answer within {seconds:g} s; its log is {log}.")
