"""Deletion of a job's objects: its state, and the signed receipt."""

from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime, Field

from likeness.domain.ids import ErasureIdField, JobIdField
from likeness.domain.record import Record

# Key prefixes of a job's objects.
PHOTOS = ("uploads", "appeals", "photos")
WORK = ("work",)
DRAWN = ("drawn",)
PUBLISHED = ("avatars",)
EVERYWHERE = (*PHOTOS, *WORK, *DRAWN, *PUBLISHED)


RETAINED = (
    "The job's record, without pictures, until 90 days after it was opened, and the entry of its "
    "quota day: deleting avatars does not return the day."
)


class DeletionState(StrEnum):
    PENDING = "pending"  # overdue, or the user asked for it, and not verified
    DELETED = "deleted"  # verified by listing, receipt signed
    HELD = "held"  # legal hold; no further details


class Deletion(Record):
    """State of the deletion of a job's objects. Absent while the photos are in use."""

    job_id: JobIdField
    state: DeletionState
    receipt: str | None = Field(default=None, description="JWS, compact serialisation")
    preserved: bool = Field(
        default=False,
        description="copies of a held job are in the hold bucket, so its objects are deleted",
    )

    @property
    def forbids_deletion(self) -> bool:
        return self.state is DeletionState.HELD and not self.preserved


class StoredObject(Record):
    """An object from a listing. `name` is its key without the job id: photos/p01.jpg.

    An unfinished multipart upload has its upload id as ETag.
    """

    name: str = Field(min_length=1, max_length=1024)
    etag: str
    created_at: AwareDatetime | None
    deleted_at: AwareDatetime | None = Field(default=None, description="time of verification")


class ReceiptObject(Record):
    object: str = Field(description="key without the job id: uploads/p01, work/r1/...")
    keyed_hash: str = Field(description="HMAC-SHA-256 of job id, name and ETag with our key, hex")
    created_at: AwareDatetime | None = Field(description="null: not reported by S3")
    deleted_at: AwareDatetime


class CheckedPlace(Record):
    """A listed prefix: all versions, delete markers and unfinished multipart uploads."""

    place: str
    left: int = Field(ge=0)


class Receipt(Record):
    """Signed after a job's photos are deleted, and again after its avatars are.

    Contains the job id, no personal data.
    """

    schema_version: Literal[1] = 1
    issuer: str
    job_id: JobIdField
    state: DeletionState
    policy: str = Field(description="version of the retention policy")
    issued_at: AwareDatetime
    objects: tuple[ReceiptObject, ...] = ()
    checked: tuple[CheckedPlace, ...] = ()
    retained: str | None = Field(
        default=None, description="what is still stored, and for how long; null under a legal hold"
    )


class ErasureReceipt(Record):
    """Signed after a user is erased. Contains counts: no names are left."""

    schema_version: Literal[1] = 1
    issuer: str
    erasure_id: ErasureIdField
    policy: str
    requested_at: AwareDatetime
    finished_at: AwareDatetime
    jobs: int
    objects: int
    retained: str
