"""POST /v1/verify: is this picture ours?"""

from likeness.api.app import Verified
from likeness.bootstrap import app_backend
from likeness.entrypoints.http import Picture, Repeats, route


@route("POST", "/v1/verify", takes=Picture, gives=Verified, repeats=Repeats.DONE_AGAIN)
def handler(request: Picture) -> Verified:
    """Ours or not, by Content Credentials or by the invisible watermark; style and when, never whose.

    The body is the picture, PNG, WebP or JPEG, of 4.4 MB at most.
    """
    return app_backend.verify_picture(request.content, request.content_type)
