"""Step ModeratePhotos: may these photos reach the GPU?"""

from likeness.bootstrap import pipeline
from likeness.contracts import JobRef, Moderated
from likeness.entrypoints.step import step


@step(JobRef)
def handler(job: JobRef) -> Moderated:
    return pipeline.moderate_photos(job.job_id)
