"""Tar archives between the Lambdas and the endpoint: the container has no network.

    request    order.json, photos/p01.jpg, ...    the two channels of a training job
    response   result.json, a01.png, ...          the checkpoints of a training job

Both sides use this module: the Lambdas on Python 3.13, the container on 3.11.
"""

from __future__ import annotations

import io
import tarfile
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator


class ArchiveError(ValueError):
    """Not an archive, or one with a file that is not allowed."""


def pack(files: Iterable[tuple[str, bytes]], into: IO[bytes]) -> None:
    """Write an archive without times, owners or modes: the same files give the same bytes."""
    with tarfile.open(fileobj=into, mode="w") as archive:
        for name, content in files:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


def unpack(
    content: bytes, *, allowed: re.Pattern[str], largest: int
) -> Iterator[tuple[str, bytes]]:
    """Names and contents of regular files, one at a time. Only names that match `allowed` in full,
    each at most once and of at most `largest` bytes. Raises ArchiveError."""
    seen: set[str] = set()
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
            for member in archive:
                if not (member.isreg() and allowed.fullmatch(member.name)):
                    raise ArchiveError("the archive holds a file that is not allowed")
                if member.size > largest:
                    raise ArchiveError(f"{member.name} has more than {largest} bytes")
                file = archive.extractfile(member)
                if file is None or member.name in seen:
                    raise ArchiveError(f"the archive holds {member.name} twice")
                seen.add(member.name)
                yield member.name, file.read()
    except tarfile.TarError as broken:
        raise ArchiveError("this is not a whole tar archive") from broken
