"""The endpoint's request and response: one tar each, because the container has no network.

request    order.json, photos/p01.jpg, ...    what the two channels of a training job hold
response   result.json, a01.png, ...          what the checkpoints of a training job hold
"""

import io
import re
import tarfile
from pathlib import Path
from typing import IO

from likeness.contracts import ORDER_FILE, RESULT_FILE, GenerationResult
from likeness_model.errors import OrderError
from likeness_model.folders import Folders

MEDIA_TYPE = "application/x-tar"
LARGEST_REQUEST = 256 << 20  # bytes: ten photos of 2048 px take a tenth of it
PHOTO = re.compile(r"^photos/p[0-9]{2}\.jpg$")


def unpack_request(body: bytes, folders: Folders) -> None:
    """Lay a request's files out as a training job's channels. Raises OrderError.

    Only plain files of the names above are taken, each once: a name never leads anywhere else.
    """
    try:
        with tarfile.open(fileobj=io.BytesIO(body), mode="r:") as archive:
            for member in archive:
                target = _target(member, folders)
                file = archive.extractfile(member)
                if file is None or target.exists():
                    raise OrderError(f"the request's {member.name} is there twice")
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(file.read())
    except tarfile.TarError as broken:
        raise OrderError("the request is not a tar archive") from broken


def _target(member: tarfile.TarInfo, folders: Folders) -> Path:
    if member.isreg() and member.name == ORDER_FILE:
        return folders.order
    if member.isreg() and PHOTO.match(member.name):
        return folders.photos / Path(member.name).name
    raise OrderError("the request may hold order.json and photos/pNN.jpg, and nothing else")


def pack_response(result: GenerationResult, checkpoints: Path, into: IO[bytes]) -> None:
    """The result first, so that whoever unpacks knows what must follow; then each avatar of it.

    No time, owner or mode of this machine: the same avatars give the same bytes.
    """
    with tarfile.open(fileobj=into, mode="w") as archive:
        for name in (RESULT_FILE, *(avatar.file for avatar in result.avatars)):
            content = (checkpoints / name).read_bytes()
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
