"""Tells the open pages of a user that something has changed: server-sent events.

A page then asks for what it shows, so an update says nothing and may be lost or repeated. This
works within one process: with several, send the user id through Redis or PostgreSQL's NOTIFY.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

KEEP_ALIVE = 15  # s: a proxy may close a connection without traffic


class Updates:
    def __init__(self) -> None:
        self._pages: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._closed = False

    def close(self) -> None:
        """End all streams; a page connects again by itself."""
        self._closed = True
        for user_id in self._pages:
            self.tell(user_id)

    def tell(self, user_id: str) -> None:
        """Wake the user's pages. Call it on the event loop."""
        for page in self._pages.get(user_id, ()):
            page.set()

    async def stream(self, user_id: str) -> AsyncIterator[str]:
        """The body of a response of the type text/event-stream (HTML standard, section 9.2)."""
        page = asyncio.Event()
        self._pages[user_id].add(page)
        try:
            while not self._closed:
                with suppress(TimeoutError):
                    await asyncio.wait_for(page.wait(), KEEP_ALIVE)
                changed = page.is_set()
                page.clear()  # first: a change while the line is sent gets a line of its own
                yield "data:\n\n" if changed else ":\n\n"
        finally:
            self._pages[user_id].discard(page)
            if not self._pages[user_id]:
                del self._pages[user_id]
