"""Deletion of one job's files, for all use cases."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from likeness.domain.deletion.receipt import Deletion, DeletionState, StoredObject
from likeness.domain.errors import NotDeleted, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from likeness.domain.ids import JobId, PhotoId
    from likeness.domain.photos.photo import Photo
    from likeness.ports.deletion import Deletions, JobFiles, LeftoverListing
    from likeness.ports.runtime import Clock, Metrics

PENDING = "DeletionPending"  # the metric of the alarm of that name


@dataclass(frozen=True)
class JobDeletion:
    files: JobFiles
    leftovers: LeftoverListing
    deletions: Deletions
    metrics: Metrics
    clock: Clock

    def is_on_hold(self, job_id: JobId) -> bool:
        """A legal hold forbids deletion: an administrator's, or one whose copies are not complete.
        Raises Unavailable if that is unknown."""
        deletion = self.deletions.get(job_id)
        return deletion is not None and deletion.forbids_deletion

    def is_preserved(self, job_id: JobId) -> bool:
        """Copies are in the hold bucket: the job's own objects are deleted as ever, but no record
        or receipt says that its photos are gone."""
        deletion = self.deletions.get(job_id)
        return deletion is not None and deletion.preserved

    def delete(self, job_id: JobId, places: Sequence[str], *, photo: PhotoId | None = None) -> int:
        """Delete the files in these places, or of one photo, and record them for the receipt.

        Returns how many.
        """
        found = self.files.inventory(job_id, places, photo=photo)
        with self.recorded(job_id, found):
            self.files.delete(job_id, places, photo=photo)
        return len(found)

    @contextmanager
    def recorded(self, job_id: JobId, found: Sequence[StoredObject]) -> Iterator[None]:
        """Record objects for the receipt: that they exist, and once the block has deleted them."""
        self.deletions.add_objects(job_id, found)
        yield
        gone = {"deleted_at": self.clock.now()}
        self.deletions.add_objects(job_id, [one.model_copy(update=gone) for one in found])

    def verify(self, job_id: JobId, places: Sequence[str]) -> None:
        """Verify with an independent listing that no files are left. Raises NotDeleted."""
        left = self.leftovers.find(job_id, places)
        if left:
            raise NotDeleted(f"{len(left)} objects of job {job_id} are left")

    def mark_pending(self, job_id: JobId) -> None:
        """Mark the deletion pending and count DeletionPending, even if the table write fails."""
        self.metrics.count(PENDING)
        try:
            before = self.deletions.get(job_id)
            receipt = before.receipt if before else None
            self.deletions.save(
                Deletion(job_id=job_id, state=DeletionState.PENDING, receipt=receipt)
            )
        except Unavailable:
            return


def deleted_objects(
    job_id: JobId, photos: Iterable[Photo], deletions: Deletions
) -> list[StoredObject]:
    """Return what was deleted of a job: the uploads that were read, and what `delete` recorded.

    Once for each: `delete` records an upload that was read, and could not be deleted then.
    """
    gone = (*_uploads(photos), *deletions.objects(job_id))
    return list({(one.name, one.etag): one for one in gone}.values())


def _uploads(photos: Iterable[Photo]) -> Iterator[StoredObject]:
    """The uploads that InspectPhoto deleted once it had read them."""
    for photo in photos:
        if photo.etag and photo.inspected_at:
            yield StoredObject(
                name=f"uploads/{photo.photo_id}",
                etag=photo.etag,
                created_at=photo.uploaded_at,
                deleted_at=photo.inspected_at,
            )
