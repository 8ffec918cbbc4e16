"""What operators switch while the product runs, and what it is short of."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from pydantic import AwareDatetime, Field

from likeness.domain.errors import JobStopped, NotAccepting, WorkStopped
from likeness.domain.ids import StyleId, StyleIdField
from likeness.domain.jobs.job import MAX_AVATARS
from likeness.domain.record import Record, Versioned

# A job without capacity tries again within 15 minutes (infra/pipeline.asl.yaml), so a shortage that
# was not reported for longer is over.
REPORTED_WITHIN = timedelta(minutes=20)
AVATARS_WHEN_SHORT = 12
# A new job would wait longer than the longest wait so far. Its photos live a day at most.
LONGEST_QUEUE = timedelta(hours=2)
TRY_AGAIN_S = 900


class Submitted(StrEnum):
    """What a stop does to the jobs that were submitted before it."""

    CONTINUE = "continue"
    WAIT = "wait"  # until it ends, or until two hours before their deadline
    END = "end"  # at their next step; the day is returned


class Stop(Record):
    """New jobs are refused. Deletion and reviews go on."""

    submitted: Submitted = Submitted.WAIT
    retry_after_s: int = Field(default=TRY_AGAIN_S, ge=60, le=86400)


class Change(Record):
    """The last change of the switches. The audit log has all."""

    at: AwareDatetime
    by: str = Field(min_length=1, max_length=256)
    why: str = Field(min_length=1, max_length=500)


class Switches(Versioned):
    """All switches. By default nothing is switched off."""

    version: int = 0  # 0: never changed
    stop: Stop | None = None
    engines_off: Mapping[str, Stop] = {}
    styles_off: tuple[StyleIdField, ...] = ()
    endpoint_off: bool = Field(default=False, description="orders go to training jobs")
    avatars_at_most: int | None = Field(default=None, ge=1, le=MAX_AVATARS)
    brownout: bool = Field(default=True, description="shortages limit and refuse new jobs")
    last: Change | None = None

    def stops(self, engines: Iterable[str]) -> list[Stop]:
        """The stops in force for work of these engines."""
        found = [self.stop, *(self.engines_off.get(one) for one in engines)]
        return [stop for stop in found if stop]

    def require_accepting(self, engine: str) -> None:
        """Raises NotAccepting if new jobs are stopped."""
        if stops := self.stops([engine]):
            raise NotAccepting(
                "no new job is accepted at present: show it, and try again after Retry-After",
                retry_after_s=max(stop.retry_after_s for stop in stops),
            )

    def require_work(self, engines: Iterable[str], *, too_late: bool) -> None:
        """Raises WorkStopped while a submitted job waits, JobStopped if it ends."""
        kinds = {stop.submitted for stop in self.stops(engines)}
        if Submitted.END in kinds or (Submitted.WAIT in kinds and too_late):
            raise JobStopped("operators stopped the work: the job ends")
        if Submitted.WAIT in kinds:
            raise WorkStopped("operators stopped the work: the job waits")

    def off(self, styles: Iterable[StyleId]) -> tuple[StyleId, ...]:
        return tuple(style for style in styles if style in self.styles_off)


class Scarce(StrEnum):
    """What jobs wait for."""

    CAPACITY = "capacity"  # an instance
    DETECTOR = "detector"  # it is throttled


class Shortage(Record):
    """A job waited for it: `waited_s` is the longest wait of the last minutes."""

    of: Scarce
    seen_at: AwareDatetime
    waited_s: int = Field(ge=0)

    def lasts(self, now: datetime) -> bool:
        return now < self.seen_at + REPORTED_WITHIN

    def replaces(self, stored: Self | None) -> bool:
        """Shorter waits are not stored while a longer one is new: few writes, and a maximum."""
        return stored is None or self.waited_s >= stored.waited_s or not stored.lasts(self.seen_at)


def engine_of(backend: str) -> str:
    """`backend`: the generation backend and its engine, as `training-job.painter`."""
    return backend.partition(".")[2]


def lasting(shortages: Iterable[Shortage], now: datetime) -> list[Shortage]:
    return [shortage for shortage in shortages if shortage.lasts(now)]


def avatars_of_new_job(
    asked: int, styles: int, switches: Switches, shortages: Iterable[Shortage], now: datetime
) -> int:
    """How many avatars a new job gets: fewer while something is short, one a style at least.

    Raises NotAccepting if the queue is too long.
    """
    limits = [asked, switches.avatars_at_most or asked]
    if switches.brownout and (short := lasting(shortages, now)):
        if any(one.waited_s >= LONGEST_QUEUE.total_seconds() for one in short):
            raise NotAccepting(
                "too many jobs wait: show it, and try again after Retry-After",
                retry_after_s=TRY_AGAIN_S,
            )
        limits.append(AVATARS_WHEN_SHORT)
    return max(styles, min(limits))
