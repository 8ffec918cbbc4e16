"""Step UnpackAvatars: the endpoint's archive, taken apart into avatars."""

from likeness.bootstrap import pipeline
from likeness.contracts import AttemptRef, UnpackAvatarsResult
from likeness.entrypoints.step import step


@step(AttemptRef)
def handler(job: AttemptRef) -> UnpackAvatarsResult:
    return pipeline.unpack_avatars(job.job_id, job.attempt)
