"""Take apart what the endpoint answered, into the files that a training job would have left."""

from likeness.contracts import Unpacked
from likeness.domain.errors import Conflict
from likeness.domain.ids import JobId
from likeness.domain.job import JobState
from likeness.ports import Inferences, Jobs, Work


def unpack_avatars(
    job_id: JobId, round_: int, *, jobs: Jobs, inferences: Inferences, work: Work
) -> Unpacked:
    """A replay that finds the archive gone and the files there says the same again.

    A round that was stopped while this wrote leaves nothing behind: see `Inference`.
    """
    jobs.get(job_id).require(JobState.GENERATING)
    avatars = work.unpack(job_id, round_)
    if inferences.get(job_id, round_).stopped:
        work.purge(job_id)
        raise Conflict(f"round {round_} of job {job_id} was stopped")
    return Unpacked(job_id=job_id, round=round_, avatars=avatars)
