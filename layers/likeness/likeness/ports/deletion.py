"""Ports of deletion: what was deleted, what is left, deadlines and signed receipts."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from pydantic import Field

from likeness.api.app import PublicKey
from likeness.domain.deletion.receipt import Deletion, ErasureReceipt, Receipt, StoredObject
from likeness.domain.deletion.retention import SweepFinding
from likeness.domain.ids import JobId
from likeness.domain.record import Record


class Deletions(Protocol):
    """What became of a job's objects. None of it moves the job."""

    def get(self, job_id: JobId) -> Deletion | None: ...
    def save(self, deletion: Deletion) -> None:
        """Where it is held, that stays."""
        ...

    def note(self, job_id: JobId, found: Iterable[StoredObject]) -> None:
        """Remember what is about to be deleted. Noted twice, it is noted once."""
        ...

    def noted(self, job_id: JobId) -> list[StoredObject]: ...


class LeftoverListing(Protocol):
    """Looks for what a job left. It cannot delete, and shares no code with what does."""

    def of(self, job_id: JobId, places: Iterable[str]) -> list[StoredObject]:
        """All versions, delete markers and unfinished multipart uploads in these places.

        They are named as in `likeness.domain.deletion.receipt`. Unavailable where one cannot be listed.
        """
        ...


class BucketObject(Record):
    """Something in a bucket, as a sweep meets it."""

    bucket: str
    key: str
    version: str | None = Field(default=None, description="S3's version id")
    upload: str | None = Field(default=None, description="id of a multipart upload")
    latest: bool = True
    created_at: datetime


class Buckets(Protocol):
    """Both buckets as a whole: `photos` and `avatars`."""

    def everything(self) -> Iterable[BucketObject]:
        """Every version of every object, every delete marker, every unfinished upload."""
        ...

    def delete(self, objects: Sequence[BucketObject]) -> int:
        """Answers how many could not be deleted."""
        ...

    def drift(self, lifecycle: Mapping[str, Mapping[str, int]]) -> list[SweepFinding]:
        """How the buckets' settings differ from what deleting needs."""
        ...


class Deadlines(Protocol):
    """One schedule a job: what it left is deleted then, and again until nothing is left."""

    def set(self, job_id: JobId, *, when: datetime) -> None:
        """Set twice, it is set once."""
        ...

    def move(self, job_id: JobId, *, when: datetime) -> None:
        """Have it go off at another time, and again from then. One that is gone stays gone."""
        ...

    def clear(self, job_id: JobId) -> None: ...


class Signer(Protocol):
    """Signs receipts, with a key that never leaves its place."""

    def sign(self, receipt: Receipt | ErasureReceipt) -> str:
        """A JWS in compact serialisation. Unavailable where the key cannot be used."""
        ...

    def public_keys(self) -> list[PublicKey]: ...
