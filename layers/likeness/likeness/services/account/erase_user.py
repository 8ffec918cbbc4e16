"""Erase a user: end running jobs, delete all pictures, then all records."""

from collections.abc import Callable

from likeness.contracts import EraseUserResult
from likeness.domain.account.erasure import RETAINED, Erasure, ErasureState
from likeness.domain.deletion.receipt import EVERYWHERE, ErasureReceipt
from likeness.domain.errors import Unavailable
from likeness.domain.ids import ErasureId, JobId
from likeness.ports.account import Erasures, Users
from likeness.ports.deletion import Signer
from likeness.ports.jobs import Jobs
from likeness.ports.runtime import Clock
from likeness.services.deletion.job_deletion import JobDeletion


def erase_user(
    erasure_id: ErasureId,
    *,
    erasures: Erasures,
    jobs: Jobs,
    users: Users,
    deletion: JobDeletion,
    signer: Signer,
    issuer: str,
    policy: str,
    clock: Clock,
    cancel: Callable[[JobId], object],
) -> EraseUserResult:
    """Resumes at any point: a job's record is deleted after its files, the user after all jobs.

    `cancel` (the use case cancel_job) ends running jobs; raises Unavailable while one still runs,
    so that the step is retried. A job whose files a legal hold forbids to delete stays. Deleted
    files are not recorded for a receipt: the job's records are deleted too.
    """
    erasure = erasures.get(erasure_id)
    if erasure.state is ErasureState.DONE or erasure.user_id is None:
        return _result(erasure)
    user_id = erasure.user_id
    there = jobs.for_user(user_id)
    running = [job for job in there if not job.ended]
    for job in running:
        cancel(job.job_id)
    for job in there:
        if job.ended and not deletion.is_on_hold(job.job_id):
            objects = deletion.files.delete(job.job_id, EVERYWHERE)
            erasure = erasure.count(jobs=1, objects=objects)
            jobs.delete(job.job_id)
            erasures.save(erasure)
    if running:
        raise Unavailable(f"{len(running)} jobs are still being ended")
    users.delete(user_id)
    erasure = erasure.finish(clock.now())
    done = erasure.model_dump(exclude={"state", "user_id", "receipt"})
    receipt = ErasureReceipt(**done, issuer=issuer, policy=policy, retained=RETAINED)
    erasures.save(erasure.model_copy(update={"receipt": signer.sign(receipt)}))
    return _result(erasure)


def _result(erasure: Erasure) -> EraseUserResult:
    return EraseUserResult(
        erasure_id=erasure.erasure_id, jobs=erasure.jobs, objects=erasure.objects
    )
