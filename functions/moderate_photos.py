"""Step ModeratePhotos: may these photos reach the GPU?"""

from likeness.bootstrap import pipeline
from likeness.contracts import JobRef, ModeratePhotosResult
from likeness.entrypoints.step import step


@step(JobRef)
def handler(job: JobRef) -> ModeratePhotosResult:
    return pipeline.moderate_photos(job.job_id)
