"""One command at a time on one folder. The folder itself is locked, so no lock file stays."""

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
def locked(folder: Path, *, wait: bool) -> Iterator[None]:
    """Lock the folder. It is created if it is missing and deleted if it is empty afterwards.

    Raises CannotRun if another command holds the lock and `wait` is false.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError as busy:
            raise CannotRun(
                "Another command works on this cloud. Try again when it has ended."
            ) from busy
        yield
    finally:
        with suppress(OSError):  # it is not empty
            folder.rmdir()
        os.close(handle)
