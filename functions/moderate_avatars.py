"""Step ModerateAvatars: moderates avatars, and says whether some are drawn again."""

from likeness import bootstrap
from likeness.adapters import policy_files
from likeness.contracts import AttemptRef
from likeness.contracts.generation import ModerateAvatarsResult
from likeness.entrypoints.step import step
from likeness.services.generation.moderate_avatars import moderate_avatars


@step(AttemptRef)
def handler(job: AttemptRef) -> ModerateAvatarsResult:
    return moderate_avatars(
        job.job_id,
        job.attempt,
        jobs=bootstrap.jobs(),
        work=bootstrap.work(),
        detector=bootstrap.detector(),
        policy=policy_files.load_policy().accepting(bootstrap.settings().accepted_detectors),
        metrics=bootstrap.metrics(),
        clock=bootstrap.CLOCK,
        readiness=bootstrap.readiness(),
    )
