"""Step ModeratePhotos: may these photos reach the GPU?"""

from likeness import bootstrap
from likeness.contracts import JobRef, Moderated
from likeness.entrypoints.step import step


@step(JobRef)
def handler(job: JobRef) -> Moderated:
    return bootstrap.moderate_photos(job.job_id)
