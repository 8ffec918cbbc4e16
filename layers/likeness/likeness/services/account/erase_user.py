"""Erase a user: end running jobs, delete all pictures, then all records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.contracts.account import EraseUserResult
from likeness.domain.account.erasure import RETAINED, Erasure, ErasureState
from likeness.domain.deletion.receipt import EVERYWHERE, ErasureReceipt
from likeness.domain.errors import Unavailable
from likeness.services.deletion.job_deletion import JobDeletion, deleted_objects

if TYPE_CHECKING:
    from collections.abc import Callable

    from likeness.domain.ids import ErasureId
    from likeness.domain.jobs.job import Job
    from likeness.ports.account import Erasures, KeyedHash, Users
    from likeness.ports.deletion import Signer
    from likeness.ports.jobs import Jobs
    from likeness.ports.provenance import Watermarks
    from likeness.ports.runtime import Clock


def erase_user(
    erasure_id: ErasureId,
    *,
    erasures: Erasures,
    jobs: Jobs,
    users: Users,
    deletion: JobDeletion,
    watermarks: Watermarks,
    keyed_hash: KeyedHash,
    signer: Signer,
    issuer: str,
    policy: str,
    clock: Clock,
    cancel: Callable[[Job], object],
) -> EraseUserResult:
    """Resumes at any point: a job's record is deleted after its files, the user after all jobs.

    `cancel` ends running jobs; raises Unavailable while one still runs, so that the step is
    retried. A job stays if a legal hold forbids its deletion. The receipt counts every object of
    the jobs that was deleted, by this step or before it: a job is counted once, before its records
    are deleted.
    """
    erasure = erasures.get(erasure_id)
    if erasure.state is ErasureState.DONE or erasure.user_id is None:
        return _result(erasure)
    user_id = erasure.user_id
    there = jobs.for_user(user_id)
    running = [job for job in there if not job.ended]
    for job in running:
        cancel(job)
    for job in there:
        if job.ended and not deletion.is_on_hold(job.job_id):
            deletion.delete(job.job_id, EVERYWHERE)
            gone = deleted_objects(job.job_id, jobs.photos(job.job_id), deletion.deletions)
            erasure = erasure.count(job.job_id, objects=len(gone))
            erasures.save(erasure)
            watermarks.revoke([one.watermark for one in jobs.avatars(job.job_id) if one.watermark])
            jobs.delete(job.job_id)
    if running:
        raise Unavailable(f"{len(running)} jobs are still being ended")
    now = clock.now()
    users.remember_erasure(keyed_hash.user(user_id), now)
    users.delete(user_id)
    erasure = erasure.finish(now)
    done = erasure.model_dump(exclude={"state", "user_id", "receipt", "counted"})
    receipt = ErasureReceipt(**done, issuer=issuer, policy=policy, retained=RETAINED)
    erasures.save(erasure.model_copy(update={"receipt": signer.sign(receipt)}))
    return _result(erasure)


def _result(erasure: Erasure) -> EraseUserResult:
    return EraseUserResult(
        erasure_id=erasure.erasure_id, jobs=erasure.jobs, objects=erasure.objects
    )
