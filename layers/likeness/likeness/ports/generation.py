"""Ports of generation: the work folder, the backends and their attempts."""

from typing import Protocol

from likeness.contracts import (
    DrawnAvatar,
    GenerationOrder,
    GenerationProgress,
    GenerationResult,
    PrepareGenerationResult,
)
from likeness.domain.generation.avatar import Avatar
from likeness.domain.generation.inference import Inference
from likeness.domain.ids import JobId


class Inferences(Protocol):
    """Rounds that the endpoint draws. The task token stays in it: no answer ever shows one."""

    def get(self, job_id: JobId, attempt: int) -> Inference:
        """NotFound where the endpoint was never asked."""
        ...

    def save(self, inference: Inference) -> None:
        """Conflict where somebody stored another version first."""
        ...


class Work(Protocol):
    """What generation reads and writes: work/{job}/r{round}/ in the avatars bucket."""

    def order(self, order: GenerationOrder) -> PrepareGenerationResult:
        """Write the order where the container of that attempt reads it."""
        ...

    def result(self, job_id: JobId, attempt: int) -> GenerationResult:
        """NotFound where the container wrote none."""
        ...

    def progress(self, job_id: JobId, attempt: int) -> GenerationProgress | None: ...
    def keep(self, avatar: Avatar) -> None:
        """Copy an approved avatar out of the work folder, to where publishing finds it."""
        ...

    def verify(self, avatar: DrawnAvatar, job_id: JobId, attempt: int) -> bool:
        """Is what lies in the bucket what the container says it drew?"""
        ...

    def pack(self, job_id: JobId, attempt: int) -> None:
        """Copy the order and its photos into the one archive that the endpoint reads."""
        ...

    def unpack(self, job_id: JobId, attempt: int) -> int:
        """Take the endpoint's archive apart into avatars and result, then delete both archives.

        How many avatars there are. Invalid for an archive that the container cannot have made,
        NotFound where there is neither archive nor result.
        """
        ...

    def drop_response(self, job_id: JobId, attempt: int) -> None:
        """Delete what the endpoint answered for an attempt that nobody waits for."""
        ...

    def drop_failure(self, uri: str) -> None:
        """Delete what SageMaker wrote about a failure."""
        ...

    def purge(self, job_id: JobId) -> int:
        """Delete the work of all attempts, copies and weights; NotDeleted where something is left.

        Answers how many objects there were. What `keep` copied out stays.
        """
        ...


class Endpoint(Protocol):
    def invoke(self, job_id: JobId, attempt: int) -> str:
        """Have the packed round drawn, some time; where SageMaker would write of a failure."""
        ...


class Generator(Protocol):
    def stop(self, job_id: JobId, attempt: int) -> None:
        """Stop GPU work of that attempt, whichever backend it went; what comes later is unwanted."""
        ...
