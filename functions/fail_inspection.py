"""Failure destination of inspect_photo: refuses a photo whose inspection died."""

from likeness import bootstrap
from likeness.domain.photos.photo import PhotoState
from likeness.entrypoints.s3_events import Failed, on_failure
from likeness.services.photos.fail_inspection import fail_inspection


@on_failure
def handler(failed: Failed) -> PhotoState | None:
    return fail_inspection(
        failed.upload.job_id,
        failed.upload.photo_id,
        owner=failed.invocation,
        died=failed.died,
        jobs=bootstrap.jobs(),
        photos=bootstrap.photos(),
        deletions=bootstrap.deletions(),
        metrics=bootstrap.metrics(),
        clock=bootstrap.CLOCK,
    )
