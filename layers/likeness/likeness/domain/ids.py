"""Identifiers. None of them contains personal data."""

import hashlib
import re
from typing import Annotated, NewType

from pydantic import Field, StringConstraints

JobId = NewType("JobId", str)
PhotoId = NewType("PhotoId", str)
AvatarId = NewType("AvatarId", str)
UserId = NewType("UserId", str)
ReviewId = NewType("ReviewId", str)
StyleId = NewType("StyleId", str)
ErasureId = NewType("ErasureId", str)
WebhookId = NewType("WebhookId", str)
Username = NewType("Username", str)  # of a moderator in the user pool
UserHash = NewType("UserHash", str)  # keyed hash of a user id; remains after erasure

JOB_ID = re.compile(r"^j[0-9a-f]{32}$")
PHOTO_ID = re.compile(r"^p[0-9]{2}$")
AVATAR_ID = re.compile(r"^a[0-9]{2}$")
# E-mail addresses with a tag, UUIDs, ULIDs, base64url, `auth0|...`. An HTTP API decodes the path
# before it looks for the route, and cuts it at a decoded `?` (measured: hotsock/voker#8 and
# middleapi/standard-server#93 on GitHub), so `/`, `?` and `%` would arrive as another path or id.
# No space, so that a `+` that some hop decodes to one is refused. No `#`, which separates the parts
# of the table's keys. No leading dot: "." and ".." are removed from a path before routing.
USER_ID = re.compile(r"^[A-Za-z0-9_:@|+=~-][A-Za-z0-9_.:@|+=~-]{0,127}$")
ERASURE_ID = re.compile(r"^e[0-9a-f]{32}$")
REVIEW_ID = re.compile(r"^[rsa][0-9a-f]{32}$")  # `s` is never shown: domain/review/case.py
WEBHOOK_ID = re.compile(r"^w[0-9a-f]{32}$")
# A moderator's, chosen by a lead. No character needs escaping in a path.
USERNAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}$")
STYLE_ID = re.compile(r"^[a-z][a-z0-9-]{1,31}$")

# As pydantic fields: validation rejects a value that does not match the pattern.
JobIdField = Annotated[
    JobId,
    StringConstraints(pattern=JOB_ID.pattern),
    Field(examples=["j5f0c1d7e9a3b48268f1e0d2c4b6a7988"]),
]
ReviewIdField = Annotated[
    ReviewId,
    StringConstraints(pattern=REVIEW_ID.pattern),
    Field(examples=["r5f0c1d7e9a3b48268f1e0d2c4b6a7988"]),
]
PhotoIdField = Annotated[
    PhotoId, StringConstraints(pattern=PHOTO_ID.pattern), Field(examples=["p01"])
]
AvatarIdField = Annotated[
    AvatarId, StringConstraints(pattern=AVATAR_ID.pattern), Field(examples=["a01"])
]
UserIdField = Annotated[
    UserId, StringConstraints(pattern=USER_ID.pattern), Field(examples=["user-1"])
]
StyleIdField = Annotated[
    StyleId, StringConstraints(pattern=STYLE_ID.pattern), Field(examples=["comic"])
]
ErasureIdField = Annotated[
    ErasureId,
    StringConstraints(pattern=ERASURE_ID.pattern),
    Field(examples=["e0b7a1c2d3e4f5061728394a5b6c7d8e9"]),
]
WebhookIdField = Annotated[
    WebhookId,
    StringConstraints(pattern=WEBHOOK_ID.pattern),
    Field(examples=["w3d2a9c5f7b1e4806a2c8d0e6f4b19735"]),
]
UsernameField = Annotated[
    Username, StringConstraints(pattern=USERNAME.pattern), Field(examples=["ann"])
]


def shard_of(text: str, shards: int) -> int:
    """Returns the shard of an id: the same one each time, and of many ids as many in each."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) % shards
