"""Complete the job: spend its quota day, or return it if too few avatars were published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.contracts.jobs import SettleJobResult
from likeness.domain.account.quota import QuotaState
from likeness.domain.generation.avatar import AvatarState
from likeness.domain.generation.published import shown
from likeness.domain.jobs.estimate import active_time
from likeness.domain.jobs.job import JobState
from likeness.domain.reasons import Reason

if TYPE_CHECKING:
    from datetime import timedelta

    from likeness.domain.ids import JobId
    from likeness.ports.account import Ledger
    from likeness.ports.jobs import JobDurations, Jobs
    from likeness.ports.runtime import Clock


def settle_job(
    job_id: JobId,
    *,
    jobs: Jobs,
    ledger: Ledger,
    durations: JobDurations,
    clock: Clock,
    avatar_lifetime: timedelta,
) -> SettleJobResult:
    """Job and day, if it has one, are written in one transaction.

    The job's duration is counted after it, so a repeated step does not count it again. If that
    fails, it is not counted: an estimate does not depend on one job.
    """
    job = jobs.get(job_id)
    if job.state is JobState.COMPLETED:
        return SettleJobResult(job_id=job_id, state=job.state)
    job.require(JobState.FINISHING)
    now = clock.now()
    published = [one for one in jobs.avatars(job_id) if one.state is AvatarState.PUBLISHED]
    enough = len(published) >= job.min_avatars
    reason = None if enough else Reason.SYSTEM_TOO_FEW_AVATARS
    settled = QuotaState.SPENT if enough else QuotaState.RETURNED
    completed = job.move(
        JobState.COMPLETED,
        now,
        reason=reason,
        avatars_expire_at=now + avatar_lifetime,
        **shown(published),
    )
    if job.day is None:
        jobs.save(completed)
    else:
        ledger.settle(completed, settled, now=now, reason=reason)
    durations.add(completed, active_time(completed, now).total_seconds(), now)
    return SettleJobResult(job_id=job_id, state=JobState.COMPLETED)
