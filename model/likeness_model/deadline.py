"""How much time is left. Work that cannot be done in it is not begun."""

import math
import time
from collections.abc import Callable


class Deadline:
    """`seconds` from now, or never."""

    def __init__(
        self, seconds: float | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._ends = math.inf if seconds is None else clock() + seconds

    @property
    def left(self) -> float:
        """Seconds, below zero when it has passed, infinite when there is none."""
        return self._ends - self._clock()

    def allows(self, seconds: float) -> bool:
        return self.left >= seconds

    def __bool__(self) -> bool:
        """Is there one at all?"""
        return self._ends != math.inf
