"""Prove that a job's photos are gone: delete what is left, list again, sign a receipt."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime

from likeness.contracts import ProveDeletionResult
from likeness.domain.deletion.receipt import (
    DRAWN,
    EVERYWHERE,
    PHOTOS,
    WORK,
    CheckedPlace,
    Deletion,
    DeletionState,
    Receipt,
    ReceiptObject,
    StoredObject,
)
from likeness.domain.deletion.retention import Retention
from likeness.domain.errors import Conflict, NotDeleted, NotFound, Unavailable
from likeness.domain.ids import JobId
from likeness.domain.jobs.job import Job, JobState
from likeness.domain.photos.photo import Photo
from likeness.ports.account import KeyedHash
from likeness.ports.deletion import Deadlines, Deletions, LeftoverListing, Signer
from likeness.ports.generation import Work
from likeness.ports.jobs import Jobs, Workflow
from likeness.ports.photos import Photos
from likeness.ports.provenance import AvatarStore
from likeness.ports.runtime import Clock, Metrics
from likeness.services.deletion.delete_photos import delete, held, pend

PHOTOS_AND_COPIES = (*PHOTOS, *WORK, *DRAWN)


def prove_deletion(
    job_id: JobId,
    *,
    overdue: bool,
    jobs: Jobs,
    photos: Photos,
    work: Work,
    avatar_store: AvatarStore,
    leftovers: LeftoverListing,
    deletions: Deletions,
    signer: Signer,
    keyed_hash: KeyedHash,
    workflow: Workflow,
    deadlines: Deadlines,
    metrics: Metrics,
    clock: Clock,
    rules: Retention,
    issuer: str,
    end: Callable[[JobId], object],
) -> ProveDeletionResult:
    """The last step of a pipeline, and the target of the job's own schedule.

    `overdue`: that schedule went off, so the job must be over, whatever became of its state
    machine. Its execution is stopped, its photos deleted, and `end` (FailJob's use case) ends it.
    Whatever fails leaves the deletion pending, rings the alarm, and has the schedule go off again
    in minutes, as often as it takes.
    """
    try:
        job = _job(job_id, jobs)
        hold = held(job_id, deletions)
        if overdue and job and not job.ended:
            workflow.stop(job_id)
            with suppress(Unavailable):  # what fails here fails again below, once the job ended
                if not hold:  # photos first: they wait for no container that cannot be stopped
                    _clear(
                        job_id,
                        PHOTOS,
                        [photos.purge],
                        leftovers=leftovers,
                        notes=deletions,
                        clock=clock,
                    )
            end(job_id)
            job = jobs.get(job_id)
        if job and not job.ended:
            raise Conflict(f"job {job_id} is {job.state}: its photos are in use")
        finished = job is not None and job.state is JobState.COMPLETED
        places = PHOTOS_AND_COPIES if finished else EVERYWHERE  # its avatars are the user's
        objects = 0
        if not hold:
            purges = (
                photos.purge,
                work.purge,
                avatar_store.tidy if finished else avatar_store.purge,
            )
            notes = deletions if job else None  # nothing is written about a job that is forgotten
            objects = _clear(job_id, places, purges, leftovers=leftovers, notes=notes, clock=clock)
        if job and (objects or not _proven(job_id, hold, deletions)):
            gone = [] if hold else _gone(job_id, jobs, deletions)
            receipt = Receipt(
                issuer=issuer,
                job_id=job_id,
                state=DeletionState.HELD if hold else DeletionState.DELETED,
                policy=rules.version,
                issued_at=clock.now(),
                objects=_objects(job_id, gone, keyed_hash, clock.now()),
                checked=() if hold else tuple(CheckedPlace(place=one, left=0) for one in places),
            )
            deletions.save(
                Deletion(job_id=job_id, state=receipt.state, receipt=signer.sign(receipt))
            )
        if job and not hold and job.photos_deleted_at is None:
            jobs.save(job.change(photos_deleted_at=clock.now()))
    except Unavailable:
        pend(job_id, deletions, metrics)
        _again(job_id, deadlines, clock.now() + rules.retry)
        raise
    if overdue:
        _rest(job, job_id, deadlines, clock, rules)
    return ProveDeletionResult(job_id=job_id, objects=objects)


def _job(job_id: JobId, jobs: Jobs) -> Job | None:
    """None where there is none any more: its user was erased, and all the more must be gone."""
    try:
        return jobs.get(job_id)
    except NotFound:
        return None


def _clear(
    job_id: JobId,
    places: Sequence[str],
    purges: Sequence[Callable[[JobId], object]],
    *,
    leftovers: LeftoverListing,
    notes: Deletions | None,
    clock: Clock,
) -> int:
    """Delete what is there, then look with other eyes than those that deleted."""
    if notes:
        objects = delete(job_id, places, purges, leftovers=leftovers, deletions=notes, clock=clock)
    else:
        objects = len(leftovers.of(job_id, places))
        for purge in purges:
            purge(job_id)
    left = leftovers.of(job_id, places)
    if left:
        raise NotDeleted(f"{len(left)} objects of job {job_id} are left")
    return objects


def _proven(job_id: JobId, hold: bool, deletions: Deletions) -> bool:
    """A receipt is signed once, and once more where something new was found and deleted."""
    deletion = deletions.get(job_id)
    wanted = DeletionState.HELD if hold else DeletionState.DELETED
    return deletion is not None and deletion.state is wanted and deletion.receipt is not None


def _gone(job_id: JobId, jobs: Jobs, deletions: Deletions) -> list[StoredObject]:
    return [*_uploads(jobs.photos(job_id)), *deletions.noted(job_id)]


def _objects(
    job_id: JobId, gone: Sequence[StoredObject], keyed_hash: KeyedHash, now: datetime
) -> tuple[ReceiptObject, ...]:
    hashes = keyed_hash.objects(job_id, [f"{one.name}:{one.etag}" for one in gone])
    return tuple(
        ReceiptObject(
            object=one.name,
            keyed_hash=hashed,
            created_at=one.created_at,
            deleted_at=one.deleted_at or now,  # noted before it was deleted, and gone by now
        )
        for one, hashed in zip(gone, hashes, strict=True)
    )


def _uploads(photos: Iterable[Photo]) -> Iterator[StoredObject]:
    """Those that their inspection deleted, as soon as it had read them."""
    for photo in photos:
        if photo.etag and photo.inspected_at:
            yield StoredObject(
                name=f"uploads/{photo.photo_id}",
                etag=photo.etag,
                created_at=photo.uploaded_at,
                deleted_at=photo.inspected_at,
            )


def _again(job_id: JobId, deadlines: Deadlines, when: datetime) -> None:
    try:
        deadlines.move(job_id, when=when)
    except Unavailable:
        return  # it stands as it was set


def _rest(
    job: Job | None, job_id: JobId, deadlines: Deadlines, clock: Clock, rules: Retention
) -> None:
    """All is gone. Before its deadline the schedule waits for that, to look once more."""
    due = job.created_at + rules.deadline if job else None
    if due and clock.now() < due:
        deadlines.move(job_id, when=due)
    else:
        deadlines.clear(job_id)
