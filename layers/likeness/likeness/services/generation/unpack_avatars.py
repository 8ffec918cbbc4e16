"""Unpack the endpoint's response into the files that a training job writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.contracts.generation import UnpackAvatarsResult
from likeness.domain.deletion.receipt import WORK
from likeness.domain.errors import Conflict
from likeness.domain.jobs.job import JobState

if TYPE_CHECKING:
    from likeness.domain.ids import JobId
    from likeness.ports.deletion import JobFiles
    from likeness.ports.generation import Runs, Work
    from likeness.ports.jobs import Jobs


def unpack_avatars(
    job_id: JobId,
    attempt: int,
    *,
    jobs: Jobs,
    runs: Runs,
    work: Work,
    files: JobFiles,
) -> UnpackAvatarsResult:
    """Idempotent. Deletes the files again if the attempt was stopped: see `Run`."""
    jobs.get(job_id).require(JobState.GENERATING)
    avatars = work.unpack(job_id, attempt)
    if runs.get(job_id, attempt).stopped:
        files.delete(job_id, WORK)
        raise Conflict(f"attempt {attempt} of job {job_id} was stopped")
    return UnpackAvatarsResult(job_id=job_id, attempt=attempt, avatars=avatars)
