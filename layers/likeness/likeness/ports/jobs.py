"""Ports of jobs: their records, workflow, timers and events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from likeness.domain.deletion.receipt import Deletion
    from likeness.domain.generation.avatar import Avatar
    from likeness.domain.ids import ErasureId, JobId, UserId
    from likeness.domain.jobs.estimate import Histogram
    from likeness.domain.jobs.job import Job, JobState
    from likeness.domain.jobs.operating_state import Shortage, Switches
    from likeness.domain.paging import ResultPage
    from likeness.domain.photos.photo import Photo
    from likeness.domain.review.audit import AuditEvent
    from likeness.domain.review.statistics import DeskCounts, DeskDay
    from likeness.events import Event, StreamRecord


class Jobs(Protocol):
    def create(self, job: Job, photos: Sequence[Photo]) -> None:
        """Store a new job and add it to its user's open jobs.

        Raises ErasureRunning if the user is being erased, TooManyOpenJobs if the user's profile has
        MAX_OPEN_JOBS, ConcurrentChange if the job exists.
        """

    def get(self, job_id: JobId) -> Job:
        """Raises NotFound."""

    def newest(
        self,
        user_id: UserId,
        *,
        limit: int,
        after: str | None = None,
        state: JobState | None = None,
    ) -> ResultPage[Job]:
        """Return a page of a user's jobs, newest first, or of those in that state.

        `after`: where the previous page ended.
        """

    def save(self, job: Job) -> None:
        """Store the next version. Optimistic lock: raises Conflict if there is one already."""

    def photos(self, job_id: JobId) -> list[Photo]:
        """Return the job's photos by id, which is the order of their presigned POSTs."""

    def add_photo(self, photo: Photo) -> None:
        """Raises Conflict if the job has a photo of that id."""

    def save_photo(self, photo: Photo, *, seen: Photo) -> None:
        """Optimistic lock: raises Conflict if the stored photo is no longer `seen`."""

    def delete_photo(self, photo: Photo, *, seen: Photo, job: Job) -> None:
        """Store the deleted photo with the job's next version, so that no submit counts it.

        Optimistic lock: raises Conflict if the stored photo is no longer `seen`, or the job
        changed.
        """

    def may_look(self, job_id: JobId, *, now: datetime, until: datetime) -> bool:
        """Reserve the look for the job's uploads; False while an earlier call has it.

        Only one of concurrent calls returns True. It has the look until `until`.
        """

    def save_moderated(
        self,
        photos: Sequence[Photo],
        *,
        seen: Sequence[Photo],
        job: Job | None = None,
        audit_event: AuditEvent | None = None,
        counted: tuple[DeskDay, DeskCounts] | None = None,
    ) -> None:
        """Store the moderated set in one transaction, with the job's next version and an event.

        Optimistic lock: raises Conflict if a stored photo is no longer `seen`, or the job changed.
        """

    def avatars(self, job_id: JobId) -> list[Avatar]:
        """Return the job's avatars, best first."""

    def save_progress(self, job_id: JobId, *, done: int, total: int, step: int) -> bool:
        """Store how many avatars are drawn, if `step` more than stored, or all for the first time.

        Returns whether it was stored. The stored number never falls.
        """

    def save_avatars(self, avatars: Iterable[Avatar]) -> None: ...
    def for_user(self, user_id: UserId) -> list[Job]:
        """Return a user's jobs, oldest first. Eventually consistent: a new job may be missing."""

    def delete(self, job_id: JobId) -> None:
        """Delete every record of the job."""


@dataclass(frozen=True, slots=True)
class ShownJob:
    """What each request for a job needs of it. `looked_until`: of the last `Jobs.may_look`."""

    job: Job
    photos: list[Photo]
    deletion: Deletion | None
    looked_until: datetime | None


class ShownJobs(Protocol):
    def get(self, job_id: JobId) -> ShownJob:
        """Return everything with one read; photos by id. Raises NotFound."""


class JobDurations(Protocol):
    """How long completed jobs worked, by generation backend and tier. Seconds."""

    def add(self, job: Job, worked_s: float, ended_at: datetime) -> None:
        """Count the job in the slot in which it ended. Not idempotent."""

    def recent(self, backend: str, tier: str) -> Histogram:
        """Return the sum of the latest slots, as `estimate.latest`. It may be a minute old."""


class OperatingState(Protocol):
    """What operators switched, and what jobs wait for."""

    def switches(self) -> Switches:
        """The latest, at each call: a stop takes effect at once."""

    def change(self, switches: Switches, audit_event: AuditEvent) -> None:
        """Store the next version and the event together.

        Optimistic lock: raises Conflict if another version was stored.
        """

    def shortages(self) -> list[Shortage]: ...
    def report(self, shortage: Shortage) -> None:
        """Store it unless a longer wait was reported within the last minutes."""


class Workflow(Protocol):
    def start(self, job_id: JobId, *, test: bool = False) -> None: ...
    def resume(self, task_token: str, output: dict[str, Any]) -> None:
        """Complete a waiting task. Raises Conflict if it does not wait any more."""

    def fail(self, task_token: str, error: str) -> None:
        """Fail a waiting task with an error name. Raises Conflict if it does not wait any more."""

    def stop(self, job_id: JobId) -> None:
        """Stop the job's state machine, if it runs."""

    def end(self, job_id: JobId, error: str) -> None:
        """End the job for that reason, in a separate execution that retries until it succeeds."""

    def erase(self, erasure_id: ErasureId) -> None: ...


class Timers(Protocol):
    """One-off timers. `deletion.Deadlines` says why they are a port of their own."""

    def end_at(self, job_id: JobId, error: str, *, when: datetime) -> None:
        """Schedule `Workflow.end`. An existing timer of that job and error stays as it is."""

    def cancel(self, job_id: JobId, error: str) -> None:
        """Delete the timer, if there is one."""


class EventBus(Protocol):
    def publish(self, events: Sequence[Event]) -> list[Event]:
        """Publish at most ten events. Returns those that the bus refused.

        Not idempotent: after Unavailable, some may have been published.
        """


class EventDeadLetters(Protocol):
    """The dead-letter queue of changes that cannot be announced."""

    def put(self, change: StreamRecord) -> None:
        """Add the change's sequence number and error, without its content. Not idempotent."""
