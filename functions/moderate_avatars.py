"""Step ModerateAvatars: may these avatars be seen, and must some be drawn again?"""

from likeness.bootstrap import pipeline
from likeness.contracts import AvatarsModerated, RoundRef
from likeness.entrypoints.step import step


@step(RoundRef)
def handler(job: RoundRef) -> AvatarsModerated:
    return pipeline.moderate_avatars(job.job_id, job.round)
