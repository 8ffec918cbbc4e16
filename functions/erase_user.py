"""Step EraseUser: ends a user's jobs, deletes every picture and every record."""

from likeness import bootstrap
from likeness.adapters import policy_files
from likeness.contracts.account import EraseUserResult, ErasureRef
from likeness.domain.jobs.job import Job
from likeness.entrypoints.step import step
from likeness.services.account.erase_user import erase_user
from likeness.services.jobs.cancellation import cancel


def _cancel(job: Job) -> Job:
    return cancel(
        job,
        jobs=bootstrap.jobs(),
        workflow=bootstrap.workflow(),
        timers=bootstrap.timers(),
        clock=bootstrap.CLOCK,
    )


@step(ErasureRef)
def handler(message: ErasureRef) -> EraseUserResult:
    """Retried until nothing is left."""
    return erase_user(
        message.erasure_id,
        erasures=bootstrap.erasures(),
        jobs=bootstrap.jobs(),
        users=bootstrap.users(),
        deletion=bootstrap.job_deletion(),
        watermarks=bootstrap.watermarks(),
        keyed_hash=bootstrap.keyed_hash(),
        signer=bootstrap.signer(),
        issuer=bootstrap.settings().receipt_issuer,
        policy=policy_files.load_retention().version,
        clock=bootstrap.CLOCK,
        cancel=_cancel,
    )
