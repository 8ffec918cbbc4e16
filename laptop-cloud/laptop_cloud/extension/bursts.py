"""How a burst of calls waits for the few processes of a function."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

ONE_MORE_S = 5.0


@dataclass
class Queue:
    """Callers wait for one of `places`.

    One that waited longer than its patience is let in without a place, so that a function that
    calls itself does not deadlock; but only one of them every `pause_s` seconds. If all of them
    were let in, a burst would start a process for each at once, and no call would end in time.
    """

    places: int
    pause_s: float = ONE_MORE_S
    _last: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _free: threading.BoundedSemaphore = field(init=False)

    def __post_init__(self) -> None:
        self._free = threading.BoundedSemaphore(self.places)

    def enter(self, patience_s: float) -> bool:
        """Returns whether the caller has a place, which it leaves by `leave`."""
        wait = patience_s
        while not self._free.acquire(timeout=wait):
            wait = self.pause_s
            with self._lock:
                if time.monotonic() >= self._last + self.pause_s:
                    self._last = time.monotonic()
                    return False
        return True

    def leave(self) -> None:
        self._free.release()
