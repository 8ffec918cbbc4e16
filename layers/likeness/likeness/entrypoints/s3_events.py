"""Lambda handlers for S3 object events, delivered by EventBridge."""

from __future__ import annotations

import re
from functools import wraps
from typing import TYPE_CHECKING, Any

from pydantic import AwareDatetime

from likeness.contracts import Contract
from likeness.domain.ids import JobIdField, PhotoIdField
from likeness.observability import logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext

UPLOAD_KEY = re.compile(r"^(uploads|appeals)/(?P<job_id>j[0-9a-f]{32})/(?P<photo_id>p[0-9]{2})$")


class Uploaded(Contract):
    """One upload. S3 delivers it at least once and in any order; submit_job may repeat it."""

    job_id: JobIdField
    photo_id: PhotoIdField
    etag: str
    at: AwareDatetime | None = None


def on_upload(
    work: Callable[[Uploaded], None],
) -> Callable[[dict[str, Any], LambdaContext], None]:
    """Ignores keys that no presigned POST allows; the bucket's lifecycle rule deletes them."""

    @wraps(work)
    def handler(event: dict[str, Any], context: LambdaContext) -> None:
        upload = read(event)
        logger.clear_state()
        logger.append_keys(request_id=context.aws_request_id)
        if upload is None:
            logger.warning("upload ignored: no presigned POST allows its key")
            return
        logger.append_keys(job_id=upload.job_id, photo_id=upload.photo_id)
        work(upload)
        logger.info("done")

    return handler


def read(event: dict[str, Any]) -> Uploaded | None:
    uploaded = event["detail"]["object"]
    key = UPLOAD_KEY.match(uploaded["key"])
    if key is None:
        return None
    return Uploaded(
        job_id=key["job_id"],
        photo_id=key["photo_id"],
        etag=uploaded["etag"],
        at=event.get("time"),
    )
