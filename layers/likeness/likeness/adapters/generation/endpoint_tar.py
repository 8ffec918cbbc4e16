"""The endpoint's request and response as archives.

The response is validated strictly: the container that wrote it has processed a user's files.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

from likeness import archives
from likeness.contracts.container import RESULT_FILE
from likeness.domain.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

RESPONSE_FILE = re.compile(rf"a[0-9]{{2}}\.png|{re.escape(RESULT_FILE)}")
LARGEST_FILE = 32 << 20  # bytes: a PNG of 2048 px that is nothing but noise takes 12 MiB


# Bytes: thirty such PNGs. UnpackAvatars holds the response and its files at once in 1024 MB.
LARGEST_RESPONSE = 400 << 20


def pack(files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    archives.pack(files.items(), packed)
    return packed.getvalue()


def unpack(content: bytes) -> dict[str, bytes]:
    """The result under its file's name, each avatar under its id.

    Raises Invalid for any other file, a file that occurs twice, and a response without result.
    """
    try:
        files = dict(archives.unpack(content, allowed=RESPONSE_FILE, largest=LARGEST_FILE))
    except archives.ArchiveError as error:
        raise Invalid(f"the endpoint's response: {error}") from error
    if RESULT_FILE not in files:
        raise Invalid("the endpoint's response holds no result")
    return {name.removesuffix(".png"): file for name, file in files.items()}
