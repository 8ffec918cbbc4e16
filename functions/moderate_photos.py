"""Step ModeratePhotos: decides whether the photos may reach the GPU."""

from likeness import bootstrap
from likeness.adapters import policy_files
from likeness.contracts import JobRef
from likeness.contracts.photos import ModeratePhotosResult
from likeness.entrypoints.step import step
from likeness.services.photos.moderate_photos import moderate_photos


@step(JobRef)
def handler(job: JobRef) -> ModeratePhotosResult:
    return moderate_photos(
        job.job_id,
        jobs=bootstrap.jobs(),
        detector=bootstrap.detector(),
        policy=policy_files.load_policy().accepting(bootstrap.settings().accepted_detectors),
        review_policy=bootstrap.settings().reviewed,
        users=bootstrap.users(),
        keyed_hash=bootstrap.keyed_hash(),
        deletion=bootstrap.job_deletion(),
        holding=bootstrap.holding(),
        metrics=bootstrap.metrics(),
        clock=bootstrap.CLOCK,
        readiness=bootstrap.readiness(),
    )
