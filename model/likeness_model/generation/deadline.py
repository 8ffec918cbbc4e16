"""The time left for a job."""

import math
import time
from collections.abc import Callable


class Deadline:
    """`seconds` from now; None means no deadline."""

    def __init__(
        self, seconds: float | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._ends = math.inf if seconds is None else clock() + seconds

    @property
    def left(self) -> float:
        """Seconds: negative after the deadline, infinite without one."""
        return self._ends - self._clock()

    def allows(self, seconds: float) -> bool:
        return self.left >= seconds

    def __bool__(self) -> bool:
        """True if there is a deadline."""
        return self._ends != math.inf
