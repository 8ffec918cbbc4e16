"""Step PurgePhotos: photos and all that was made from them but the avatars are deleted."""

from likeness.bootstrap import pipeline
from likeness.contracts import DeletePhotosResult, JobRef
from likeness.entrypoints.step import step


@step(JobRef)
def handler(job: JobRef) -> DeletePhotosResult:
    return pipeline.delete_photos(job.job_id)
