"""One command at a time on one folder. The folder itself is locked, so no lock is left behind."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from laptop_cloud.places import CannotRun

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def alone(folder: Path, *, wait: bool) -> Iterator[None]:
    """Hold the folder, made if need be and removed again if it is left empty.

    Raises CannotRun when somebody else holds it and we do not wait.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError as held:
            raise CannotRun(
                "Another command is at work on this cloud. Try again when it has ended."
            ) from held
        yield
    finally:
        with suppress(OSError):  # one that is in use stays
            folder.rmdir()
        os.close(handle)
