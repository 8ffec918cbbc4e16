"""Erase a user: running jobs ended, every picture and every record deleted."""

from likeness.contracts import EraseUserResult
from likeness.domain.account.erasure import Erasure, ErasureState
from likeness.domain.deletion.receipt import ErasureReceipt
from likeness.domain.errors import Unavailable
from likeness.domain.ids import ErasureId
from likeness.domain.jobs.job import Job
from likeness.ports.account import Erasures, Users
from likeness.ports.deletion import Deletions, Signer
from likeness.ports.generation import Work
from likeness.ports.jobs import Jobs, Workflow
from likeness.ports.photos import Photos
from likeness.ports.provenance import AvatarStore
from likeness.ports.runtime import Clock
from likeness.services.account.get_erasure import STAYS
from likeness.services.deletion.delete_photos import held
from likeness.services.jobs.cancel_job import cancel_job


def erase_user(
    erasure_id: ErasureId,
    *,
    erasures: Erasures,
    jobs: Jobs,
    users: Users,
    photos: Photos,
    work: Work,
    avatar_store: AvatarStore,
    deletions: Deletions,
    signer: Signer,
    issuer: str,
    policy: str,
    workflow: Workflow,
    clock: Clock,
) -> EraseUserResult:
    """Safe to repeat from any point: a job is forgotten only after its pictures are gone, and the
    user only after every job. Unavailable while a job still ends: the step is tried again. A job
    that is held by law stays as it is.
    """
    erasure = erasures.get(erasure_id)
    if erasure.state is ErasureState.DONE or erasure.user_id is None:
        return _erased(erasure)
    user_id = erasure.user_id
    there = jobs.of_user(user_id)
    running = [job for job in there if not job.ended]
    for job in running:
        cancel_job(job.job_id, jobs=jobs, workflow=workflow, clock=clock)
    for job in there:
        if job.ended and not held(job.job_id, deletions):
            erasure = erasure.count(jobs=1, objects=_delete(job, photos, work, avatar_store))
            jobs.forget(job.job_id)
            erasures.save(erasure)
    if running:
        raise Unavailable(f"{len(running)} jobs are still being ended")
    users.forget(user_id)
    erasure = erasure.finish(clock.now())
    receipt = signer.sign(_receipt(erasure, issuer, policy))
    erasures.save(erasure.model_copy(update={"receipt": receipt}))
    return _erased(erasure)


def _delete(job: Job, photos: Photos, work: Work, avatar_store: AvatarStore) -> int:
    return photos.purge(job.job_id) + work.purge(job.job_id) + avatar_store.purge(job.job_id)


def _receipt(erasure: Erasure, issuer: str, policy: str) -> ErasureReceipt:
    return ErasureReceipt(
        issuer=issuer,
        erasure_id=erasure.erasure_id,
        policy=policy,
        requested_at=erasure.requested_at,
        finished_at=erasure.finished_at or erasure.requested_at,
        jobs=erasure.jobs,
        objects=erasure.objects,
        stays=STAYS,
    )


def _erased(erasure: Erasure) -> EraseUserResult:
    return EraseUserResult(
        erasure_id=erasure.erasure_id, jobs=erasure.jobs, objects=erasure.objects
    )
