"""Step DeletePhotos: deletes photos and everything made from them, except avatars."""

from likeness import bootstrap
from likeness.contracts import JobRef
from likeness.contracts.photos import DeletePhotosResult
from likeness.entrypoints.step import step
from likeness.services.deletion.delete_photos import delete_photos


@step(JobRef)
def handler(job: JobRef) -> DeletePhotosResult:
    return delete_photos(
        job.job_id,
        jobs=bootstrap.jobs(),
        deletion=bootstrap.job_deletion(),
        clock=bootstrap.CLOCK,
    )
