"""Take apart what the endpoint answered, into the files that a training job would have left."""

from likeness.contracts import UnpackAvatarsResult
from likeness.domain.errors import Conflict
from likeness.domain.ids import JobId
from likeness.domain.jobs.job import JobState
from likeness.ports.generation import Inferences, Work
from likeness.ports.jobs import Jobs


def unpack_avatars(
    job_id: JobId, attempt: int, *, jobs: Jobs, inferences: Inferences, work: Work
) -> UnpackAvatarsResult:
    """A replay that finds the archive gone and the files there says the same again.

    A round that was stopped while this wrote leaves nothing behind: see `Inference`.
    """
    jobs.get(job_id).require(JobState.GENERATING)
    avatars = work.unpack(job_id, attempt)
    if inferences.get(job_id, attempt).stopped:
        work.purge(job_id)
        raise Conflict(f"round {attempt} of job {job_id} was stopped")
    return UnpackAvatarsResult(job_id=job_id, attempt=attempt, avatars=avatars)
