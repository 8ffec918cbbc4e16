"""Step PurgePhotos: photos and all that was made from them but the avatars are deleted."""

from likeness import bootstrap
from likeness.contracts import JobRef, Purged
from likeness.entrypoints.step import step


@step(JobRef)
def handler(job: JobRef) -> Purged:
    return bootstrap.purge_photos(job.job_id)
