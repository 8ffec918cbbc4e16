"""Lists in pages. A cursor says where the last page ended, and nothing else.

A cursor is opaque to callers and bound to its list: one that was changed, cut or taken from
another list is refused. It grants nothing, so it is not signed: what may be listed is decided by
the call that it comes with, and the cursor only moves within that list.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from likeness.domain.errors import Invalid

T = TypeVar("T")
DIGEST = 9  # bytes: base64 without padding, and no accident passes
MAX_CURSOR = 512  # characters; the longest position is a user's: a moment and a job's id


@dataclass(frozen=True, slots=True)
class ResultPage(Generic[T]):
    """A page: its items, and the position of the last one where more come after it."""

    items: tuple[T, ...]
    last: str | None = None

    @classmethod
    def of(cls, found: Iterable[T], *, limit: int, position: Callable[[T], str]) -> "ResultPage[T]":
        """The first `limit` of what was found. To know whether more come, one more is looked at."""
        items: list[T] = []
        for item in found:
            if len(items) == limit:
                return cls(tuple(items), position(items[-1]))
            items.append(item)
        return cls(tuple(items))


def cursor(position: str | None, *, of: str) -> str | None:
    """The cursor after that position of the list `of`; None where the list ends."""
    if position is None:
        return None
    text = position.encode()
    return base64.urlsafe_b64encode(_digest(text, of) + text).rstrip(b"=").decode()


def position(cursor: str | None, *, of: str) -> str | None:
    """Where the list goes on; Invalid for what is no cursor of that list."""
    if cursor is None:
        return None
    try:
        whole = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        digest, text = whole[:DIGEST], whole[DIGEST:]
        if digest == _digest(text, of):
            return text.decode()
    except (binascii.Error, ValueError):
        pass
    raise Invalid("cursor: send `next` of the page before, as it was given, or none to begin anew")


def _digest(text: bytes, of: str) -> bytes:
    return hashlib.sha256(of.encode() + b"\n" + text).digest()[:DIGEST]
