"""A file came in for an appeal: is it the photo that was refused?"""

from likeness.bootstrap import pipeline
from likeness.entrypoints.event import Uploaded, on_upload


@on_upload
def handler(upload: Uploaded) -> None:
    pipeline.match_appeal(upload)
