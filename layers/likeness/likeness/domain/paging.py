"""Cursor pagination. A cursor encodes the position of the last item of a page.

A cursor is opaque to callers and bound to its list: a cursor that was changed, truncated or taken
from another list is rejected. It grants no access, so it is not signed: the request that carries it
decides what may be listed, and the cursor only moves within that list.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Generic, TypeVar

from likeness.domain.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")
DIGEST = 9  # bytes; a multiple of 3, so base64 needs no padding; detects accidental changes
MAX_CURSOR = 512  # characters; the longest position is a timestamp and a job id


@dataclass(frozen=True, slots=True)
class ResultPage(Generic[T]):
    """One page of a list. `last` is the position of its last item; None on the last page."""

    items: tuple[T, ...]
    last: str | None = None

    @classmethod
    def of(cls, found: Iterable[T], *, limit: int, position: Callable[[T], str]) -> ResultPage[T]:
        """Takes `limit` items, and reads one more to learn whether another page follows."""
        items: list[T] = []
        for item in found:
            if len(items) == limit:
                return cls(tuple(items), position(items[-1]))
            items.append(item)
        return cls(tuple(items))


def sortable(moment: datetime) -> str:
    """Returns a time in UTC as text that sorts by time."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def cursor(position: str | None, *, of: str) -> str | None:
    """Returns the cursor for that position of the list `of`; None at the end of the list."""
    if position is None:
        return None
    text = position.encode()
    return base64.urlsafe_b64encode(_digest(text, of) + text).rstrip(b"=").decode()


def position(cursor: str | None, *, of: str) -> str | None:
    """Returns the position in the cursor. Raises Invalid if it is no cursor of this list."""
    if cursor is None:
        return None
    try:
        whole = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        digest, text = whole[:DIGEST], whole[DIGEST:]
        if digest == _digest(text, of):
            return text.decode()
    except (binascii.Error, ValueError):
        pass
    raise Invalid(
        "cursor: send `next` of the previous page unchanged; none for the first page",
        field="/query/cursor",
    )


def _digest(text: bytes, of: str) -> bytes:
    return hashlib.sha256(of.encode() + b"\n" + text).digest()[:DIGEST]
