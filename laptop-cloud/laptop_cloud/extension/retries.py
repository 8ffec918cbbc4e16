"""How often and how long a call is retried."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

BUSY_PAUSE_S = 0.2


class Retryable(Exception):
    """The call failed and may be retried."""


class Busy(Retryable):
    """The call could not be made; this does not count as a retry."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    retries: int
    age_s: float
    pause_s: float = 1.0
    growth: float = 2.0
    longest_s: float = 60.0

    def run(
        self,
        act: Callable[[], None],
        *,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.monotonic,
    ) -> int:
        """Call `act` until it succeeds, the retries are used up or the age is reached.

        Returns the number of retries; raises the last Retryable. Other errors are raised at once.
        """
        started, used, pause = now(), 0, self.pause_s
        while True:
            try:
                act()
            except Busy:
                if now() - started + BUSY_PAUSE_S > self.age_s:
                    raise
                sleep(BUSY_PAUSE_S)
            except Retryable:
                if used >= self.retries or now() - started + pause > self.age_s:
                    raise
                used += 1
                sleep(pause)
                pause = min(pause * self.growth, self.longest_s)
            else:
                return used
