"""S3 event: checks that an upload is a usable photo of one face."""

from likeness import bootstrap
from likeness.adapters import policy_files
from likeness.adapters.photos import pictures
from likeness.entrypoints.s3_events import Uploaded, on_upload
from likeness.services.photos.inspect_photo import inspect_photo


@on_upload
def handler(upload: Uploaded) -> None:
    inspect_photo(
        upload.job_id,
        upload.photo_id,
        etag=upload.etag,
        uploaded_at=upload.at,
        jobs=bootstrap.jobs(),
        photos=bootstrap.photos(),
        detector=bootstrap.detector(),
        pictures=pictures,
        rules=policy_files.load_photo_rules(),
        clock=bootstrap.CLOCK,
    )
