"""Step PublishAvatars: publishes each size of each approved avatar, and the ZIP."""

from likeness import bootstrap
from likeness.contracts import JobRef
from likeness.contracts.generation import PublishAvatarsResult
from likeness.entrypoints.step import step
from likeness.services.provenance.publish_avatars import publish_avatars


@step(JobRef)
def handler(job: JobRef) -> PublishAvatarsResult:
    return publish_avatars(
        job.job_id,
        jobs=bootstrap.jobs(),
        avatar_store=bootstrap.avatar_store(),
        files=bootstrap.job_files(),
        credentials=bootstrap.credentials(),
        watermarks=bootstrap.watermarks(),
        readiness=bootstrap.readiness(),
        clock=bootstrap.CLOCK,
    )
