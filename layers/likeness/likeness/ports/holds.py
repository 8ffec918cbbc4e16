"""Ports of holds: photos that may be illegal, their copies, and the list of known hashes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from likeness.domain.ids import JobId, UserHash
    from likeness.domain.paging import ResultPage
    from likeness.domain.photos.photo_hash import PhotoHashes
    from likeness.domain.review.audit import AuditEvent
    from likeness.domain.review.hold import Hold, PreservedFile


class Holds(Protocol):
    """One hold for each job. It outlives the job's records and an erasure of its user."""

    def get(self, job_id: JobId) -> Hold | None: ...
    def save(self, hold: Hold, audit_event: AuditEvent | None = None) -> None:
        """Store the first or next version, its event, and whether its user is blocked.

        Optimistic lock: raises Conflict if another version was stored.
        """

    def list(self, *, limit: int, after: str | None = None) -> ResultPage[Hold]:
        """Return a page: the waiting ones first, the oldest first."""

    def block(self, user_hash: UserHash) -> bool:
        """Return whether a hold blocks this user."""


class HoldFiles(Protocol):
    """The hold bucket. No function can read what is stored there."""

    def store(self, job_id: JobId, file: PreservedFile, content: bytes) -> None:
        """Store a copy, and verify by S3's checksum that it is complete. Idempotent.

        Raises Unavailable if that failed. Nothing but `delete` removes the copy.
        """

    def retain(self, job_id: JobId, until: datetime) -> None:
        """Forbid to delete the job's copies until then: `delete` fails too."""

    def delete(self, job_id: JobId) -> None:
        """Delete the job's copies, and verify by a listing. Raises NotDeleted."""


class HashList(Protocol):
    """The operator's list of PDQ hashes of known illegal pictures."""

    def match(self, hashes: PhotoHashes) -> bool:
        """Raises Unavailable if the list cannot be read: no photo passes unchecked."""
