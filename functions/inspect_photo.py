"""On each upload: is this a usable photo of one face? The verdict is there a moment later."""

from likeness.bootstrap import pipeline
from likeness.entrypoints.event import Uploaded, on_upload


@on_upload
def handler(upload: Uploaded) -> None:
    pipeline.inspect_photo(upload)
