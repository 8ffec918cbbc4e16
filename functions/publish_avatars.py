"""Step PublishAvatars: every size of every approved avatar, and the ZIP."""

from likeness.bootstrap import pipeline
from likeness.contracts import JobRef, PublishAvatarsResult
from likeness.entrypoints.step import step


@step(JobRef)
def handler(job: JobRef) -> PublishAvatarsResult:
    return pipeline.publish_avatars(job.job_id)
