"""The endpoint's request and response as archives."""

import re
from pathlib import Path
from typing import IO

from likeness.archives import ArchiveError, pack, unpack
from likeness.contracts.container import ORDER_FILE, RESULT_FILE, GenerationResult
from likeness_model.container.folders import Folders
from likeness_model.errors import OrderError

MEDIA_TYPE = "application/x-tar"
LARGEST_REQUEST = 256 << 20  # bytes: ten photos of 2048 px take a tenth of it
REQUEST_FILE = re.compile(rf"{re.escape(ORDER_FILE)}|photos/p[0-9]{{2}}\.jpg")


def unpack_request(body: bytes, folders: Folders) -> None:
    """Write a request's files to a training job's channels. Raises OrderError.

    The names that are allowed cannot lead to another folder.
    """
    try:
        for name, content in unpack(body, allowed=REQUEST_FILE, largest=LARGEST_REQUEST):
            target = folders.order if name == ORDER_FILE else folders.photos / Path(name).name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
    except ArchiveError as error:
        raise OrderError(f"request: {error}") from error


def pack_response(result: GenerationResult, checkpoints: Path, into: IO[bytes]) -> None:
    """Write the result first, so that a reader knows which avatars follow."""
    names = (RESULT_FILE, *(avatar.file for avatar in result.avatars))
    pack(((name, (checkpoints / name).read_bytes()) for name in names), into)
