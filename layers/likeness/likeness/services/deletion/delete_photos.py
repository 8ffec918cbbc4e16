"""Delete the user's photos and everything made from them but the avatars, and see it gone."""

from collections.abc import Callable, Sequence

from likeness.contracts import DeletePhotosResult
from likeness.domain.deletion.receipt import PHOTOS, WORK, Deletion, DeletionState
from likeness.domain.errors import Unavailable
from likeness.domain.ids import JobId
from likeness.ports.deletion import Deletions, LeftoverListing
from likeness.ports.generation import Work
from likeness.ports.jobs import Jobs
from likeness.ports.photos import Photos
from likeness.ports.runtime import Clock, Metrics

PENDING = "DeletionPending"  # the metric that the alarm of that name listens to


def delete_photos(
    job_id: JobId,
    *,
    jobs: Jobs,
    photos: Photos,
    work: Work,
    leftovers: LeftoverListing,
    deletions: Deletions,
    metrics: Metrics,
    clock: Clock,
) -> DeletePhotosResult:
    """Both purges list afterwards and raise NotDeleted where something is left.

    Only then does the job say when its photos were deleted; a replay keeps the first time. Until
    then its deletion is pending, and the alarm rings with each attempt.
    """
    if held(job_id, deletions):
        return DeletePhotosResult(job_id=job_id, objects=0)
    try:
        objects = delete(
            job_id,
            (*PHOTOS, *WORK),
            (photos.purge, work.purge),
            leftovers=leftovers,
            deletions=deletions,
            clock=clock,
        )
    except Unavailable:
        pend(job_id, deletions, metrics)
        raise
    job = jobs.get(job_id)
    if job.photos_deleted_at is None:
        jobs.save(job.change(photos_deleted_at=clock.now()))
    return DeletePhotosResult(job_id=job_id, objects=objects)


def delete(
    job_id: JobId,
    places: Sequence[str],
    purges: Sequence[Callable[[JobId], object]],
    *,
    leftovers: LeftoverListing,
    deletions: Deletions,
    clock: Clock,
) -> int:
    """Note what is there, delete it, note that it went: for the receipt. Answers how many."""
    found = leftovers.of(job_id, places)
    deletions.note(job_id, found)
    for purge in purges:
        purge(job_id)
    now = clock.now()
    deletions.note(job_id, [one.model_copy(update={"deleted_at": now}) for one in found])
    return len(found)


def held(job_id: JobId, deletions: Deletions) -> bool:
    """A legal hold. Where nobody can tell, this raises, and nothing is deleted yet."""
    deletion = deletions.get(job_id)
    return deletion is not None and deletion.state is DeletionState.HELD


def pend(job_id: JobId, deletions: Deletions, metrics: Metrics) -> None:
    """Say that something is left. The alarm rings even where the table cannot be written."""
    metrics.count(PENDING)
    try:
        before = deletions.get(job_id)
        receipt = before.receipt if before else None
        deletions.save(Deletion(job_id=job_id, state=DeletionState.PENDING, receipt=receipt))
    except Unavailable:
        return
