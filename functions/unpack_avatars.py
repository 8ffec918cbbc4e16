"""Step UnpackAvatars: the endpoint's archive, taken apart into avatars."""

from likeness.bootstrap import pipeline
from likeness.contracts import RoundRef, Unpacked
from likeness.entrypoints.step import step


@step(RoundRef)
def handler(job: RoundRef) -> Unpacked:
    return pipeline.unpack_avatars(job.job_id, job.round)
