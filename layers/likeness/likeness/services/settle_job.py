"""Complete the job: its day is spent, or given back where too few avatars came out."""

from datetime import timedelta

from likeness.contracts import Settled
from likeness.domain.avatar import AvatarState
from likeness.domain.ids import JobId
from likeness.domain.job import JobState
from likeness.domain.progress import worked
from likeness.domain.quota import EntryState
from likeness.domain.reasons import Reason
from likeness.ports import Clock, Jobs, Ledger, Past


def settle_job(
    job_id: JobId,
    *,
    jobs: Jobs,
    ledger: Ledger,
    past: Past,
    clock: Clock,
    avatars_stay: timedelta,
) -> Settled:
    """Job and day in one write. What the job took is remembered first: twice does no harm."""
    job = jobs.get(job_id)
    if job.state is JobState.COMPLETED:
        return Settled(job_id=job_id, state=job.state)
    job.require(JobState.FINISHING)
    now = clock.now()
    published = sum(avatar.state is AvatarState.PUBLISHED for avatar in jobs.avatars(job_id))
    enough = published >= job.minimum
    reason = None if enough else Reason.SYSTEM_TOO_FEW_AVATARS
    settled = EntryState.SPENT if enough else EntryState.RETURNED
    completed = job.move(
        JobState.COMPLETED, now, reason=reason, avatars_expire_at=now + avatars_stay
    )
    past.remember(completed, worked(completed, now).total_seconds())
    ledger.settle(completed, settled, now=now, reason=reason)
    return Settled(job_id=job_id, state=JobState.COMPLETED)
