"""S3 event: checks whether a file uploaded for an appeal is the refused photo."""

from likeness import bootstrap
from likeness.adapters import policy_files
from likeness.adapters.photos import pictures
from likeness.entrypoints.s3_events import Invocation, Uploaded, on_upload
from likeness.services.review.match_appeal import match_appeal


@on_upload
def handler(upload: Uploaded, _invocation: Invocation) -> None:
    match_appeal(
        upload.job_id,
        upload.photo_id,
        etag=upload.etag,
        jobs=bootstrap.jobs(),
        reviews=bootstrap.reviews(),
        appeals=bootstrap.appeals(),
        photos=bootstrap.photos(),
        pictures=pictures,
        keyed_hash=bootstrap.keyed_hash(),
        holding=bootstrap.holding(),
        policy=policy_files.load_policy(),
        clock=bootstrap.CLOCK,
        decide_within=bootstrap.settings().decide_appeal_within,
    )
