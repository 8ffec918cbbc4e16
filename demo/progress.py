"""Shows the progress of a job: a bar on a terminal, lines elsewhere. All of it on stderr."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from likeness_client import types

WIDTH = 30
STAGES = {
    "open": "photos are being checked",
    "moderating": "photos are being moderated",
    "in_review": "a moderator reviews the photos",
    "generating": "avatars are being generated",
    "finishing": "avatars are checked, photos deleted, results published",
    "completed": "done",
    "refused": "refused",
    "expired": "expired",
    "cancelled": "cancelled",
    "failed": "failed",
}


class Bar:
    def __init__(self, out: TextIO = sys.stderr) -> None:
        self._out = out
        self._live = out.isatty()
        self._last = ""
        self._began = time.monotonic()

    def show(self, job: types.JobView) -> None:
        """Show a job as GET returned it."""
        stage = STAGES[job["state"]]
        progress = job["progress"]
        count = f"{progress['done']}/{progress['total']}" if progress else ""
        if self._live:
            self._draw(stage, progress)
        elif (text := f"{stage} {count}".rstrip()) != self._last:
            self._last = text
            self._out.write(f"[{time.monotonic() - self._began:5.1f} s] {text}\n")
            self._out.flush()

    def end(self) -> None:
        if self._live:
            self._out.write("\n")

    def _draw(self, stage: str, progress: types.ProgressView | None) -> None:
        bar = " " * (WIDTH + 2)
        count = ""
        if progress:
            full = WIDTH * progress["done"] // max(1, progress["total"])
            bar = f"[{'#' * full}{'.' * (WIDTH - full)}]"
            count = f" {progress['done']}/{progress['total']}"
        seconds = time.monotonic() - self._began
        self._out.write(f"\r\033[K{bar} {seconds:5.1f} s  {stage}{count}")
        self._out.flush()


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
