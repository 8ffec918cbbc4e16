"""Deleting what a job left: how far it is, and the receipt that shows it."""

from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime, Field

from likeness.domain.ids import ErasureIdField, JobIdField
from likeness.domain.record import Record

# Where a job's objects lie, as the first part of their keys.
PHOTOS = ("uploads", "appeals", "photos")
WORK = ("work",)
DRAWN = ("drawn",)
PUBLISHED = ("avatars",)
EVERYWHERE = (*PHOTOS, *WORK, *DRAWN, *PUBLISHED)


class DeletionState(StrEnum):
    PENDING = "pending"  # it had to be gone, and nobody could show that it is
    DELETED = "deleted"  # listed afterwards, nothing left, receipt signed
    HELD = "held"  # a legal hold: nothing is deleted, and no more is said


class Deletion(Record):
    """How far the deletion of a job's objects is. Absent while its photos are in use."""

    job_id: JobIdField
    state: DeletionState
    receipt: str | None = Field(default=None, description="JWS, compact serialisation")


class StoredObject(Record):
    """An object as a listing showed it. `name` is its key without the job's id: photos/p01.jpg.

    A multipart upload that never ended has its upload id for an ETag.
    """

    name: str = Field(min_length=1, max_length=1024)
    etag: str
    created_at: AwareDatetime | None
    deleted_at: AwareDatetime | None = Field(default=None, description="and seen to be gone")


class ReceiptObject(Record):
    """One object that is gone."""

    object: str = Field(description="its place among the job's: uploads/p01, work/r1/...")
    keyed_hash: str = Field(description="HMAC-SHA-256 of job, place and ETag under our key, hex")
    created_at: AwareDatetime | None = Field(description="null: S3 never told")
    deleted_at: AwareDatetime


class CheckedPlace(Record):
    """A place that was listed: all versions, delete markers and unfinished multipart uploads."""

    place: str
    left: int = Field(ge=0)


class Receipt(Record):
    """What is signed once a job's photos are gone. It names a job, never a person."""

    schema_version: Literal[1] = 1
    issuer: str
    job_id: JobIdField
    state: DeletionState
    policy: str = Field(description="version of the retention policy")
    issued_at: AwareDatetime
    objects: tuple[ReceiptObject, ...] = ()
    checked: tuple[CheckedPlace, ...] = ()


class ErasureReceipt(Record):
    """What is signed once a user is erased: counts, for nothing is left that could be named."""

    schema_version: Literal[1] = 1
    issuer: str
    erasure_id: ErasureIdField
    policy: str
    requested_at: AwareDatetime
    finished_at: AwareDatetime
    jobs: int
    objects: int
    stays: str
