"""Step ModerateAvatars: may these avatars be seen, and must some be drawn again?"""

from likeness.bootstrap import pipeline
from likeness.contracts import AttemptRef, ModerateAvatarsResult
from likeness.entrypoints.step import step


@step(AttemptRef)
def handler(job: AttemptRef) -> ModerateAvatarsResult:
    return pipeline.moderate_avatars(job.job_id, job.attempt)
