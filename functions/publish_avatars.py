"""Step PublishAvatars: every size of every approved avatar, and the ZIP."""

from likeness import bootstrap
from likeness.contracts import JobRef, Published
from likeness.entrypoints.step import step


@step(JobRef)
def handler(job: JobRef) -> Published:
    return bootstrap.publish_avatars(job.job_id)
