"""Store how many avatars are drawn, from which an event follows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from likeness.domain.errors import NotFound
from likeness.domain.jobs.job import JobState, WaitingFor

if TYPE_CHECKING:
    from likeness.domain.ids import JobId
    from likeness.ports.generation import Work
    from likeness.ports.jobs import Jobs
    from likeness.ports.runtime import Clock

STEPS = 10  # events a job, at most


def note_progress(
    job_id: JobId, attempt: int, *, jobs: Jobs, work: Work, clock: Clock
) -> int | None:
    """Read the container's file of its progress. Returns the number if it was stored.

    The first one says that the job does not wait for an instance any more.
    The file changes with each avatar; every tenth part of the job is stored. In attempt 2 the
    avatars of attempt 1 count, except those that are drawn again: the stored number never falls.
    """
    try:
        job = jobs.get(job_id)
    except NotFound:  # its user was erased
        return None
    progress = work.progress(job_id, attempt)
    if job.state is not JobState.GENERATING or job.attempt != attempt or progress is None:
        return None
    if job.waiting and job.waiting.of is WaitingFor.CAPACITY:
        jobs.save(job.change(waits=job.waits_until(clock.now())))
    done = job.avatars_planned - progress.total + progress.done
    step = math.ceil(job.avatars_planned / STEPS)
    if done < min(step, job.avatars_planned):
        return None
    stored = jobs.save_progress(job_id, done=done, total=job.avatars_planned, step=step)
    return done if stored else None
