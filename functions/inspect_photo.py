"""S3 event: checks that an upload is a usable photo of one face."""

from likeness import bootstrap
from likeness.adapters import policy_files
from likeness.adapters.photos import pictures
from likeness.domain.photos.photo import PhotoState
from likeness.entrypoints.s3_events import Invocation, Uploaded, on_upload
from likeness.services.photos.inspect_photo import inspect_photo


@on_upload
def handler(upload: Uploaded, invocation: Invocation) -> PhotoState | None:
    return inspect_photo(
        upload.job_id,
        upload.photo_id,
        etag=upload.etag,
        uploaded_at=upload.at,
        owner=invocation.id,
        time_left=invocation.time_left,
        jobs=bootstrap.jobs(),
        photos=bootstrap.photos(),
        detector=bootstrap.detector(),
        pictures=pictures,
        rules=policy_files.load_photo_rules(),
        known_pictures=bootstrap.known_pictures(),
        uploaded_from=upload.source_ip,
        clock=bootstrap.CLOCK,
    )
