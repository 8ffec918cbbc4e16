"""The processes that run functions: a bare interpreter, or a fork of one with their packages.

Most of a function's start is the import of packages that others import too. For each set of layers
one process, the fork server, imports the packages that the project names in `preload`, and a
function's process is a fork of it. It must not differ from a new process, so a function gets a new
one if its own files hide a module that the fork server has imported, or if a variable that the
imports read has another value for it. Linux only: elsewhere each process is new.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import weakref
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from laptop_cloud.extension import worker
from laptop_cloud.extension.function_memory import LINUX, resident_kb

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

log = logging.getLogger(__name__)

# The packages of AWS's Python runtime.
PROVIDED = ("boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3")
# The only variables of the server's environment that a function gets.
PASSED_ON = ("HOME", "LANG", "PATH", "TZ", "SSL_CERT_FILE")
PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"
# Without the packages and the folder of this one on the path.
COMMAND = (getattr(sys, "_base_executable", sys.executable), "-S", "-P", worker.__file__)
LARGEST = 1024 * 1024  # bytes of a message of a fork server
MOST = 8  # fork servers: each deployment may have other layers

_servers: dict[tuple[Path, ...], ForkServer] = {}  # the one that was used last is the last
_lock = threading.Lock()


@cache
def provided() -> Path:
    """A folder with the packages of AWS's runtime and nothing else.

    Anything more would hide that a package is missing from the project's layers.
    """
    folder = Path(tempfile.mkdtemp(prefix="lambda-runtime-"))
    for name in PROVIDED:
        found = distribution(name)
        tops = {Path(str(file)).parts[0] for file in found.files or () if file.suffix == ".py"}
        for top in tops - {".."}:
            (folder / top).symlink_to(Path(str(found.locate_file(top))))
    return folder


@cache
def shared_environment() -> dict[str, str]:
    """The variables that are the same for every function."""
    return {
        **{name: value for name, value in os.environ.items() if name in PASSED_ON},
        "PYTHONPATH": str(provided()),
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{PYTHON}",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_CONFIG_FILE": os.devnull,  # not the user's own
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def start(
    code: Path,
    layers: Sequence[Path],
    environment: Mapping[str, str],
    variables: Mapping[str, Any],
    *,
    preload: Sequence[str] = (),
) -> Any:
    """Start a process that reads the init message of a function. Returns it with Popen's methods.

    `environment` is AWS's, `variables` are the function's own. Raises RuntimeError.
    """
    if LINUX and preload:
        own = {name: worker.text(value) for name, value in variables.items()}
        with _lock:
            server = _server(tuple(layers), preload)
            different = server.different(code, {**environment, **own})
            if not different:
                return server.fork()
        name = environment["AWS_LAMBDA_FUNCTION_NAME"]
        log.info("a new process for %s, which has its own %s", name, sorted(different))
    return subprocess.Popen(
        COMMAND,
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=1,
        encoding="utf-8",
        errors="replace",
    )


def _server(layers: tuple[Path, ...], preload: Sequence[str]) -> ForkServer:
    found = _servers.pop(layers, None)
    if found and not found.runs():
        found.end()
        found = None
    _servers[layers] = found or ForkServer(layers, preload)
    if len(_servers) > MOST:
        _servers.pop(next(iter(_servers))).end()  # its forks stay
    return _servers[layers]


class ForkServer:
    """A process that has imported packages of some layers, and forks. It ends with this process."""

    def __init__(self, layers: Sequence[Path], preload: Sequence[str]) -> None:
        """Returns when the packages are imported; raises RuntimeError if it cannot fork."""
        self._control, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with other:
            arguments = json.dumps([list(map(str, layers)), list(preload)])
            self._process = subprocess.Popen(
                [*COMMAND, arguments], env=shared_environment(), stdin=other.fileno()
            )
        try:
            found = json.loads(self._answer())
        except RuntimeError:
            self.end()
            raise
        self._imported, self._read = set(found["imported"]), found["read"]
        self._files_kb = resident_kb(self._process.pid)["RssFile"]

    def runs(self) -> bool:
        return self._process.poll() is None

    def end(self) -> None:
        self._control.close()
        self._process.wait()

    def different(self, code: Path, environment: Mapping[str, str]) -> set[str]:
        """The modules and variables of a function for which a fork is not as a new process."""
        modules = {entry.name.partition(".")[0] for entry in code.iterdir()}
        ours = shared_environment()
        read = {name for name in self._read if environment.get(name) != ours.get(name)}
        return modules & self._imported | read

    def fork(self) -> Fork:
        pipes = [os.pipe() for _ in range(3)]
        (stdin, commands), (replies, stdout), (log, stderr) = pipes
        try:
            socket.send_fds(self._control, [b"fork"], [stdin, stdout, stderr])
            process = int(self._answer())
        finally:
            for file in (stdin, stdout, stderr):
                os.close(file)
        return Fork(process, commands, replies, log, self._files_kb)

    def _answer(self) -> bytes:
        with contextlib.suppress(ConnectionResetError):
            if answer := self._control.recv(LARGEST):
                return answer
        raise RuntimeError("The process that imports the packages of functions has ended.")


class Fork:
    """A process of a fork server, with those methods of Popen that MiniStack calls.

    It is no child of this process: it is watched and ended by its handle, which no other process
    with its id has.
    """

    def __init__(self, pid: int, commands: int, replies: int, log: int, files_kb: int) -> None:
        self.pid, self.files_kb = pid, files_kb
        self.stdin: TextIO = open(commands, "w", buffering=1, encoding="utf-8")  # noqa: PTH123, SIM115
        self.stdout: TextIO = open(replies, encoding="utf-8")  # noqa: PTH123, SIM115
        self.stderr: TextIO = open(log, encoding="utf-8", errors="replace")  # noqa: PTH123, SIM115
        self._handle = os.pidfd_open(pid)
        weakref.finalize(self, os.close, self._handle)

    def poll(self) -> int | None:
        return 0 if self._ended(0) else None

    def wait(self, timeout: float | None = None) -> int:
        if not self._ended(timeout):
            raise subprocess.TimeoutExpired("a function", timeout or 0)
        return 0

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def send_signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, number)

    def _ended(self, seconds: float | None) -> bool:
        poll = select.poll()
        poll.register(self._handle, select.POLLIN)
        return bool(poll.poll(None if seconds is None else seconds * 1000))
