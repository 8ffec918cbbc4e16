"""How often and how long something is tried before it is given up."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

BUSY_PAUSE_S = 0.2


class TryAgain(Exception):
    """It failed, and may work another time."""


class Busy(TryAgain):
    """It could not even be tried: this costs no retry."""


@dataclass(frozen=True, slots=True)
class Patience:
    retries: int
    age_s: float
    pause_s: float = 1.0
    growth: float = 2.0
    longest_s: float = 60.0

    def insist(
        self,
        act: Callable[[], None],
        *,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.monotonic,
    ) -> int:
        """Act until it works, retries are used up or it took too long.

        Returns the retries that were used; raises the last TryAgain. Other errors pass at once.
        """
        started, used, pause = now(), 0, self.pause_s
        while True:
            try:
                act()
            except Busy:
                if now() - started + BUSY_PAUSE_S > self.age_s:
                    raise
                sleep(BUSY_PAUSE_S)
            except TryAgain:
                if used >= self.retries or now() - started + pause > self.age_s:
                    raise
                used += 1
                sleep(pause)
                pause = min(pause * self.growth, self.longest_s)
            else:
                return used
