"""The files of functions and their layers: unpacked once, and used by every process.

So the bytecode of the first import is there for the next. Unpacked layers outlive the cloud.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import zipfile
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING

from laptop_cloud.locks import locked

if TYPE_CHECKING:
    from pathlib import Path

MOST = 6


def unpacked(folder: Path, data: bytes) -> Path:
    """The folder with the content of a ZIP. Its name is that of the content."""
    path = folder / _digest(data)
    with locked(folder, wait=True):  # other clouds may share the folder
        if not path.is_dir():
            part = path.with_suffix(".part")
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir(parents=True)
            with zipfile.ZipFile(BytesIO(data)) as archive:
                archive.extractall(part)
            part.rename(path)
        os.utime(path)  # `delete_old` goes by it
    return path


def delete_old(folder: Path) -> None:
    """Delete all but those that were used last: other clouds may use them."""
    with locked(folder, wait=True):
        found = sorted(folder.glob("*"), key=lambda one: one.stat().st_mtime, reverse=True)
        for old in found[MOST:]:
            shutil.rmtree(old, ignore_errors=True)


@lru_cache(maxsize=32)  # bytes keep their own hash, so the same ZIP is read once
def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:24]
