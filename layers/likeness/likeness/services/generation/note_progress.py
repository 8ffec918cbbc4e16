"""Store how many avatars are drawn, from which an event follows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from likeness.domain.errors import NotFound
from likeness.domain.jobs.job import JobState

if TYPE_CHECKING:
    from likeness.domain.ids import JobId
    from likeness.ports.generation import Work
    from likeness.ports.jobs import Jobs

STEPS = 10  # events a job, at most


def note_progress(job_id: JobId, attempt: int, *, jobs: Jobs, work: Work) -> int | None:
    """Read the container's file of its progress. Returns the number if it was stored.

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
    done = job.avatars - progress.total + progress.done
    step = math.ceil(job.avatars / STEPS)
    if done < min(step, job.avatars):
        return None
    stored = jobs.save_progress(job_id, done=done, total=job.avatars, step=step)
    return done if stored else None
