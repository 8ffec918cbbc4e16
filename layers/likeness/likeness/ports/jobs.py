"""Ports of jobs: their records, their workflow, their timers, and the events about them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Protocol

from likeness.domain.generation.avatar import Avatar
from likeness.domain.ids import ErasureId, JobId, UserId
from likeness.domain.jobs.job import Job
from likeness.domain.paging import Part
from likeness.domain.photos.photo import Photo
from likeness.events import JobStateChanged, StreamRecord


class Jobs(Protocol):
    """Jobs with their photos and avatars."""

    def create(self, job: Job, photos: Sequence[Photo]) -> None:
        """Conflict where there is one of that id, or where the user is being erased."""
        ...

    def get(self, job_id: JobId) -> Job:
        """NotFound where there is none."""
        ...

    def newest(self, user_id: UserId, *, limit: int, after: str | None = None) -> Part[Job]:
        """A user's jobs, the newest first, `after` the last of the page before."""
        ...

    def save(self, job: Job) -> None:
        """Store the job's next version; Conflict where somebody stored one first."""
        ...

    def photos(self, job_id: JobId) -> list[Photo]:
        """In the order in which their forms were given."""
        ...

    def add_photo(self, photo: Photo) -> None:
        """Conflict where the job has a photo of that id."""
        ...

    def save_photo(self, photo: Photo, *, seen: Photo) -> None:
        """Store what became of a photo; Conflict where it is no longer as it was `seen`."""
        ...

    def avatars(self, job_id: JobId) -> list[Avatar]:
        """Best first."""
        ...

    def save_avatars(self, avatars: Iterable[Avatar]) -> None: ...
    def of_user(self, user_id: UserId) -> list[Job]:
        """The oldest first. A job that was opened this moment may be missing."""
        ...

    def forget(self, job_id: JobId) -> None:
        """Delete every record of the job. Nothing to forget is no error."""
        ...


class JobDurations(Protocol):
    """How long jobs worked, by backend and tier."""

    def remember(self, job: Job, worked_s: float) -> None:
        """Once for each job, however often it is told."""
        ...

    def recent(self, backend: str, tier: str, *, limit: int) -> list[float]:
        """Seconds, the latest first."""
        ...


class Workflow(Protocol):
    def start(self, job_id: JobId) -> None:
        """Start the job's state machine. A second start of one job is the first."""
        ...

    def resume(self, task_token: str, output: dict[str, Any]) -> None:
        """Answer a waiting task; Conflict where it waits no longer."""
        ...

    def fail(self, task_token: str, error: str) -> None:
        """Fail a waiting task with an error's name; Conflict where it waits no longer."""
        ...

    def stop(self, job_id: JobId) -> None:
        """Stop the job's state machine, if it runs."""
        ...

    def end(self, job_id: JobId, error: str) -> None:
        """Have the job ended for that reason, in an execution of its own that tries until it can.

        Asked for twice, it is asked for once.
        """
        ...

    def erase(self, erasure_id: ErasureId) -> None:
        """Start the erasure's state machine. A second start is the first."""
        ...


class Timers(Protocol):
    def end_at(self, job_id: JobId, error: str, *, when: datetime) -> None:
        """Have `Workflow.end` happen then, whatever else does. Set twice, it is set once."""
        ...


class EventBus(Protocol):
    """Whoever wants to know listens there."""

    def publish(self, events: Sequence[JobStateChanged]) -> list[JobStateChanged]:
        """Put at most ten events on the bus. Answers those that it did not take.

        Unavailable where it could not be asked: then some may have been taken.
        """
        ...


class EventDeadLetters(Protocol):
    """What could not be told, kept for ops: places in the stream and faults, no contents."""

    def keep(self, change: StreamRecord) -> None: ...
