"""Ports of deletion: a job's files, verification, deadlines, receipts and the daily sweep."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from pydantic import Field

from likeness.domain.deletion.receipt import Deletion, ErasureReceipt, Receipt, StoredObject
from likeness.domain.jobs.job import Job
from likeness.domain.record import Record
from likeness.domain.review.appeal import Appeal
from likeness.domain.review.known_case import KnownCase

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from likeness.api.receipts import PublicKey
    from likeness.domain.deletion.key_ranges import KeyRange
    from likeness.domain.deletion.retention import SweepFinding
    from likeness.domain.ids import JobId, PhotoId
    from likeness.domain.review.audit import Anchor


class JobFiles(Protocol):
    """A job's objects in both buckets, by place: `likeness.domain.deletion.receipt` lists them.

    `photo`: only the objects of that photo.
    """

    def inventory(
        self, job_id: JobId, places: Iterable[str], *, photo: PhotoId | None = None
    ) -> list[StoredObject]:
        """Return all versions, delete markers and unfinished multipart uploads in these places."""

    def delete(self, job_id: JobId, places: Iterable[str], *, photo: PhotoId | None = None) -> int:
        """Delete all that `inventory` returns, then list again. Returns the number of objects.

        Raises NotDeleted if an object is left or if the listing failed.
        """


class LeftoverListing(Protocol):
    """An independent listing that verifies deletions. Shares no code with `JobFiles`."""

    def find(self, job_id: JobId, places: Iterable[str]) -> list[StoredObject]:
        """Return all versions, delete markers and unfinished multipart uploads in these places."""


class Deletions(Protocol):
    def get(self, job_id: JobId) -> Deletion | None: ...
    def save(self, deletion: Deletion) -> None:
        """Store the state. A stored legal hold stays: then only a held deletion is written."""

    def end_hold(self, job_id: JobId) -> None:
        """Delete the state of a job that is held. Its next deletion signs another receipt."""

    def add_objects(self, job_id: JobId, objects: Iterable[StoredObject]) -> None:
        """Store the objects of a job for its receipt, by name and ETag."""

    def objects(self, job_id: JobId) -> list[StoredObject]:
        """Return the objects that were added, by name."""


class BucketObject(Record):
    """An object version, delete marker or unfinished multipart upload in a bucket."""

    bucket: str
    key: str
    version: str | None = Field(default=None, description="S3's version id")
    upload: str | None = Field(default=None, description="id of a multipart upload")
    etag: str = Field(default="", description="of a delete marker or upload: its id")
    latest: bool = True
    created_at: datetime


class Marker(Record):
    """S3's position in a listing: after this version of this key, or after all of them."""

    key: str
    version: str | None


class Page(Record):
    objects: tuple[BucketObject, ...]
    last: Marker | None = Field(description="where the next page begins; null: this is the last")


class SweptJob(Record):
    """What says which objects a job may have. `job`: null if there is none."""

    job: Job | None = None
    deletion: Deletion | None = None
    appeal: Appeal | None = None
    known: KnownCase | None = None


class SweptJobs(Protocol):
    def get(self, job_ids: Collection[JobId]) -> Mapping[JobId, SweptJob]:
        """Return one for each id, read consistently."""


class Buckets(Protocol):
    """Both buckets as a whole, for the daily sweep."""

    def uploads(self, within: KeyRange) -> Iterable[BucketObject]:
        """Return the unfinished multipart uploads of keys in this range."""

    def page(self, within: KeyRange, after: Marker | None) -> Page:
        """Return the next versions and delete markers of a range, at most 1,000."""

    def delete(self, objects: Sequence[BucketObject]) -> int:
        """Delete at most 1,000 objects of one bucket. Returns how many could not be deleted."""

    def drift(self, lifecycle: Mapping[str, Mapping[str, int]]) -> list[SweepFinding]:
        """Return how the buckets' settings differ from what the retention policy needs.

        `lifecycle`: days until an object expires, by bucket (`photos`, `avatars`) and key prefix.
        """


class Deadlines(Protocol):
    """One repeating schedule for each job, which runs ProveDeletion until all files are gone.

    Not one port with `jobs.Timers`: a deadline repeats, can be moved, and invokes another target
    under another role, so that a function which moves deadlines cannot end jobs.
    """

    def set(self, job_id: JobId, *, when: datetime) -> None:
        """Create the schedule. An existing one stays as it is."""

    def move(self, job_id: JobId, *, when: datetime) -> None:
        """Change the time from which the schedule fires. A deleted one stays deleted."""

    def delete(self, job_id: JobId) -> None: ...


class Signer(Protocol):
    """Signs receipts and anchors with a key that never leaves the key service.

    The key may be rotated: former keys stay published.
    """

    def sign(self, statement: Receipt | ErasureReceipt | Anchor) -> str:
        """Return a JWS in compact serialisation."""

    def public_keys(self) -> list[PublicKey]: ...
