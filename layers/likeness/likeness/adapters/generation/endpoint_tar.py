"""The endpoint's request and response as archives. What comes back is read with suspicion: the
container has seen a user's files."""

import io
import re
import tarfile
from collections.abc import Mapping

from likeness.contracts import RESULT_FILE
from likeness.domain.errors import Invalid

AVATAR = re.compile(r"^(a[0-9]{2})\.png$")
LARGEST_FILE = 32 << 20  # bytes: a PNG of 2048 px that is nothing but noise takes 12 MiB


def pack(files: Mapping[str, bytes]) -> bytes:
    """An archive with no time, owner or mode in it: the same files give the same bytes."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def unpack(content: bytes) -> dict[str, bytes]:
    """The result under its file's name, each avatar under its id.

    Invalid for anything else in the archive, for a file twice, and for an archive without result.
    """
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
            for member in archive:
                name = _name(member)
                file = archive.extractfile(member)
                if file is None or name in found:
                    raise Invalid(f"the endpoint's archive holds {name} twice")
                found[name] = file.read()
    except tarfile.TarError as broken:
        raise Invalid("what the endpoint answered is not a whole archive") from broken
    if RESULT_FILE not in found:
        raise Invalid("the endpoint's archive holds no result")
    return found


def _name(member: tarfile.TarInfo) -> str:
    avatar = AVATAR.match(member.name)
    if (
        not member.isreg()
        or member.size > LARGEST_FILE
        or not (avatar or member.name == RESULT_FILE)
    ):
        raise Invalid("the endpoint's archive holds something that is no avatar and no result")
    return avatar[1] if avatar else member.name
