"""The memory and the files of the processes that run functions, and their limits.

A function's memory is the peak of its process's resident pages, those of shared libraries included:
on AWS, too, the interpreter and its libraries count. A process that had more than MemorySize is
killed, as the kernel of a Lambda environment does, also if the function has just returned. A file
has at most the size of the function's EphemeralStorage; the sum of its files is not limited.
Processes that a function starts do not count. Linux only: elsewhere nothing is limited.
"""

from __future__ import annotations

import contextlib
import re
import resource
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

EVERY_S = 0.02
MEBIBYTE = 1024 * 1024
LINUX = sys.platform == "linux"
LINES = re.compile(r"^(VmHWM|VmRSS|RssFile):\s+(\d+) kB$", re.MULTILINE)


@dataclass
class Use:
    """What a function's process uses during one invocation."""

    worker: Any  # MiniStack's, whose process starts with its first invocation
    limit_mb: int
    largest_file: int
    peak_mb: int = 0
    killed: bool = False

    @classmethod
    def of(cls, worker: Any, config: Mapping[str, Any]) -> Use:
        storage = (config.get("EphemeralStorage") or {}).get("Size", 512)
        return cls(worker, int(config.get("MemorySize", 128)), int(storage) * MEBIBYTE)

    def look(self) -> None:
        """Kill the process if it has, or had, more memory than its limit."""
        process = self.worker._proc
        if process is None or self.killed or not LINUX:
            return
        with contextlib.suppress(ProcessLookupError):
            if not self.peak_mb:
                resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (self.largest_file,) * 2)
            self.peak_mb = max(self.peak_mb, peak_mb(process))
            if self.peak_mb > self.limit_mb:
                self.killed = True
                process.kill()

    def reap(self) -> None:
        """Wait for the end of a killed process, so that the next invocation gets another one."""
        if self.killed and self.worker._proc:
            self.worker._proc.wait()


def peak_mb(process: Any) -> int:
    """The most memory that a process has had, MB; 0 if it is unknown.

    A fork has the pages of its libraries only when it reads them again. A new process would have
    at least those that its fork server has.
    """
    try:
        found = resident_kb(process.pid)
    except (FileNotFoundError, ProcessLookupError):
        return 0
    unread = max(0, getattr(process, "files_kb", 0) - found.get("RssFile", 0))
    return (max(found.get("VmHWM", 0), found.get("VmRSS", 0)) + unread) // 1024


def resident_kb(process: int) -> dict[str, int]:
    """The resident pages of a process: now, at most, and now of files."""
    status = Path(f"/proc/{process}/status").read_text()
    return {name: int(size) for name, size in LINES.findall(status)}


class Watch:
    """Looks at every process that handles an invocation, from one thread."""

    def __init__(self) -> None:
        self._uses: dict[int, Use] = {}
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, daemon=True, name="function-memory")

    @contextlib.contextmanager
    def watching(self, use: Use) -> Iterator[Use]:
        with self._changed:
            if self._thread.ident is None:
                self._thread.start()
            self._uses[id(use)] = use
            self._changed.notify()
        try:
            yield use
        finally:
            with self._changed:
                del self._uses[id(use)]

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._uses)
                uses = list(self._uses.values())
            for use in uses:
                use.look()
            time.sleep(EVERY_S)
