"""POST /v1/verify: was this picture made here?"""

from likeness import bootstrap
from likeness.adapters.photos import pictures
from likeness.api.app import ProvenanceView
from likeness.entrypoints.http import OnRepeat, Picture, route
from likeness.services.provenance.verify_picture import verify_picture


@route("POST", "/v1/verify", takes=Picture, gives=ProvenanceView, on_repeat=OnRepeat.RUN_AGAIN)
def handler(request: Picture) -> ProvenanceView:
    """Whether it was made here, by Content Credentials or watermark; style and time, never whose.

    The body is the picture, PNG, WebP or JPEG, of 4.4 MB at most.
    """
    return verify_picture(
        request.content,
        credentials=bootstrap.credentials(),
        reader=bootstrap.watermark_reader(),
        watermarks=bootstrap.watermarks(),
        jobs=bootstrap.jobs(),
        pictures=pictures,
        clock=bootstrap.CLOCK,
    )
