"""Ports of generation: the work folder, the endpoint and GPU work."""

from __future__ import annotations

from enum import StrEnum, auto
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from likeness.contracts.container import (
        DrawnAvatar,
        GenerationOrder,
        GenerationProgress,
        GenerationResult,
    )
    from likeness.domain.generation.avatar import Avatar
    from likeness.domain.generation.run import Run
    from likeness.domain.ids import JobId


class Runs(Protocol):
    """The records of attempts. No API response contains their task tokens."""

    def get(self, job_id: JobId, attempt: int) -> Run:
        """Raises NotFound if no generation backend was asked for the attempt."""

    def save(self, run: Run) -> None:
        """Optimistic lock: raises Conflict if another version was stored."""


class Work(Protocol):
    """Files that generation reads and writes: work/{job}/r{attempt}/ in the avatars bucket."""

    def order(self, order: GenerationOrder) -> None:
        """Write the order where the container reads it."""

    def result(self, job_id: JobId, attempt: int) -> GenerationResult:
        """Raises NotFound if there is none, Conflict if it is of another job or attempt."""

    def report(self, job_id: JobId, attempt: int, progress: GenerationProgress) -> None:
        """Write progress where the container writes it: for test jobs."""

    def progress(self, job_id: JobId, attempt: int) -> GenerationProgress | None: ...
    def promote(self, avatar: Avatar) -> None:
        """Copy an approved avatar from the work folder to drawn/, where publishing reads it.

        Raises NotFound if it is not in the work folder.
        """

    def verify(self, avatar: DrawnAvatar, job_id: JobId, attempt: int) -> bool:
        """Compare the stored file's name and SHA-256 with the container's result."""

    def pack(self, job_id: JobId, attempt: int) -> None:
        """Write the order and its photos as the archive that the endpoint reads.

        Raises NotFound if the order or a photo is missing.
        """

    def unpack(self, job_id: JobId, attempt: int) -> int:
        """Write the files of the endpoint's response, then delete request and response.

        Returns the number of avatars. Raises Invalid if the container cannot have made the
        archive, NotFound if there is neither a response nor a result.
        """

    def delete_response(self, job_id: JobId, attempt: int) -> None:
        """Delete the endpoint's request and response."""

    def delete_failure(self, uri: str) -> None:
        """Delete the error file that SageMaker wrote. A URI outside of work/ is ignored."""


class TrainingStatus(StrEnum):
    WAITING = auto()  # for an instance
    RUNNING = auto()
    COMPLETED = auto()
    FAILED = auto()  # or stopped
    NO_CAPACITY = auto()  # failed, because there was no instance


class Training(Protocol):
    """The training job of an attempt's last try."""

    def start(self, run: Run) -> bool:
        """Returns False if this try was started before.

        Raises CapacityError if the account's quota of instances is used up.
        """

    def status(self, run: Run) -> TrainingStatus:
        """Raises NotFound if there is no such training job."""

    def stop(self, run: Run) -> None:
        """Stop it if it runs. Raises Unavailable while it stops."""


class Endpoint(Protocol):
    """The asynchronous endpoint that keeps the model loaded."""

    def invoke(self, run: Run) -> str:
        """Queue the packed attempt. Returns the URI where SageMaker writes a failure."""


class Generator(Protocol):
    """Running GPU work of either generation backend."""

    def stop(self, job_id: JobId, attempt: int) -> None:
        """Stop the attempt; later results are discarded. Raises Unavailable while it stops."""
