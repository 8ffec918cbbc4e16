"""POST /v1/verify: was this picture made here?"""

from likeness import bootstrap
from likeness.adapters.photos import pictures
from likeness.api.avatars import ProvenanceView
from likeness.domain.errors import UnreadablePicture
from likeness.entrypoints.http import OnRepeat, Picture, route
from likeness.services.provenance.verify_picture import verify_picture


@route(
    "POST",
    "/v1/verify",
    takes=Picture,
    gives=ProvenanceView,
    raises=[UnreadablePicture],
    on_repeat=OnRepeat.RUN_AGAIN,
)
def handler(request: Picture) -> ProvenanceView:
    """Whether a picture was made here.

    By its Content Credentials, else by its watermark: style and time, never whose. The body is the
    picture, PNG, WebP or JPEG, of 4.4 MB at most; its content decides about its type.
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
