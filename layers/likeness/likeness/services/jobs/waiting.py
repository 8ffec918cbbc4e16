"""Waiting for what a job needs: an instance, the detector, operators who stopped the work."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from likeness.domain.errors import (
    Conflict,
    Denied,
    DetectorBusy,
    DetectorTimeout,
    Unavailable,
    UnknownDetector,
    WorkStopped,
)
from likeness.domain.jobs.job import WaitingFor
from likeness.domain.jobs.operating_state import Scarce, Shortage, Switches

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from likeness.domain.jobs.job import Job
    from likeness.ports.jobs import Jobs, OperatingState
    from likeness.ports.runtime import Clock, Metrics

# Before the job's deadline, for the work that follows: half an hour to draw, the same for a second
# attempt, moderation and publishing.
ENOUGH = timedelta(hours=2)
UNKNOWN_FINDING = "UnknownModerationFinding"  # the metric of the alarm unknown-moderation
BUSY = "DetectorBusy"  # once for each step that was throttled
DETECTOR_IMAGES = "DetectorImages"  # a metric of cost: what the detector charges


@dataclass(frozen=True)
class Readiness:
    """Whether a job may go on: what operators switched, and what is short."""

    state: OperatingState
    jobs: Jobs
    metrics: Metrics
    clock: Clock
    deadline: timedelta

    def too_late(self, job: Job) -> bool:
        """Return whether the job must not wait any longer."""
        return self.clock.now() >= job.created_at + self.deadline - ENOUGH

    def require_work(self, job: Job, *engines: str) -> tuple[Job, Switches]:
        """Raises WorkStopped while the job waits, JobStopped if it ends."""
        switches = self.state.switches()
        try:
            switches.require_work(engines, too_late=self.too_late(job))
        except WorkStopped:
            self._wait(job, WaitingFor.STOPPED, self.clock.now())
            raise
        return self.go_on(job, WaitingFor.STOPPED), switches

    def go_on(self, job: Job, of: WaitingFor) -> Job:
        """The job does not wait for that any more. Returns the stored job."""
        if job.waiting and job.waiting.of is of:
            job = job.change(waits=job.waits_until(self.clock.now()))
            self.jobs.save(job)
        return job

    def report(self, of: Scarce, job: Job, *, since: datetime | None = None) -> None:
        """The job waits, since then if it does not wait for that yet; default: now.

        A report that fails is lost: why the job waits decides how long it is tried again.
        """
        now = self.clock.now()
        waiting = self._wait(job, WaitingFor(of), since or now)
        waited_s = int((now - waiting).total_seconds())
        try:
            self.state.report(Shortage(of=of, seen_at=now, waited_s=waited_s))
        except Denied:  # a fault of the release
            raise
        except Unavailable:
            return

    def _wait(self, job: Job, of: WaitingFor, since: datetime) -> datetime:
        """Returns since when the job waits for that. What cannot be stored now is, next time."""
        waits = job.waits_for(of, since, self.clock.now())
        if waits != job.waits:
            try:
                self.jobs.save(job.change(waits=waits))
            except Denied:
                raise
            except (Conflict, Unavailable):
                pass
        return waits[-1].since

    @contextmanager
    def detecting(self, job: Job) -> Iterator[None]:
        """Report a busy or unknown detector. Raises DetectorTimeout if it is too late to wait."""
        try:
            yield
        except (UnknownDetector, DetectorBusy) as waiting:
            unknown = isinstance(waiting, UnknownDetector)
            self.metrics.count(UNKNOWN_FINDING if unknown else BUSY)
            self.report(Scarce.DETECTOR, job)
            if self.too_late(job):
                raise DetectorTimeout(f"job {job.job_id} waited in vain: {waiting}") from waiting
            raise
