"""Step UnpackAvatars: unpacks the endpoint's archive."""

from likeness import bootstrap
from likeness.contracts import AttemptRef
from likeness.contracts.generation import UnpackAvatarsResult
from likeness.entrypoints.step import step
from likeness.services.generation.unpack_avatars import unpack_avatars


@step(AttemptRef)
def handler(job: AttemptRef) -> UnpackAvatarsResult:
    return unpack_avatars(
        job.job_id,
        job.attempt,
        jobs=bootstrap.jobs(),
        runs=bootstrap.runs(),
        work=bootstrap.work(),
        files=bootstrap.job_files(),
    )
