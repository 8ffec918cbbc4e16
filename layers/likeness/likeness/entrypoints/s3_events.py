"""Lambda handlers for S3 object events, delivered by EventBridge."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pydantic import AwareDatetime, Field

from likeness.contracts import Contract
from likeness.domain.ids import JobId, JobIdField, PhotoIdField
from likeness.entrypoints.releases import handles
from likeness.observability import logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext

PROGRESS_KEY = re.compile(
    r"^work/(?P<job_id>j[0-9a-f]{32})/r(?P<attempt>[12])/checkpoints/progress[.]json$"
)
UPLOAD_KEY = re.compile(r"^(uploads|appeals)/(?P<job_id>j[0-9a-f]{32})/(?P<photo_id>p[0-9]{2})$")


class Uploaded(Contract):
    """One upload. S3 delivers it at least once and in any order; a request may repeat it."""

    job_id: JobIdField
    photo_id: PhotoIdField
    etag: str
    at: AwareDatetime | None = None
    source_ip: str | None = Field(default=None, description="of the upload; never logged")


class Invocation(Contract):
    """The invocation of a function. Lambda repeats the id when it retries an event."""

    id: str
    time_left: timedelta


class Failed(Contract):
    """An event that a function did not handle. `died`: its process was ended."""

    upload: Uploaded
    invocation: str
    died: bool


def on_upload(
    work: Callable[[Uploaded, Invocation], Any],
) -> Callable[[dict[str, Any], LambdaContext], None]:
    """Ignores keys that no presigned POST allows; the bucket's lifecycle rule deletes them.

    Logs what `work` returns.
    """

    @handles(work)
    def handler(event: dict[str, Any], context: LambdaContext) -> None:
        upload = read(event)
        _begin_log(context, upload)
        if upload is None:
            logger.warning("upload ignored: no presigned POST allows its key")
            return
        left = timedelta(milliseconds=context.get_remaining_time_in_millis())
        result = work(upload, Invocation(id=context.aws_request_id, time_left=left))
        logger.info("done", extra={"result": result})

    return handler


def on_failure(
    work: Callable[[Failed], Any],
) -> Callable[[dict[str, Any], LambdaContext], None]:
    """The destination of the failed events of a function with `on_upload`."""

    @handles(work)
    def handler(record: dict[str, Any], context: LambdaContext) -> None:
        upload = read(record["requestPayload"])
        _begin_log(context, upload)
        if upload is None:
            return
        response, request = record.get("responsePayload") or {}, record["requestContext"]
        failed = Failed(upload=upload, invocation=request["requestId"], died=has_died(record))
        logger.warning(
            "an upload was not inspected",
            extra={"condition": request["condition"], "error": response.get("errorType")},
        )
        logger.info("done", extra={"result": work(failed)})

    return handler


def on_progress(
    work: Callable[[JobId, int], int | None],
) -> Callable[[dict[str, Any], LambdaContext], None]:
    """The container's file of its progress was written. `work` gets job and attempt."""

    @handles(work)
    def handler(event: dict[str, Any], context: LambdaContext) -> None:
        key = PROGRESS_KEY.match(event["detail"]["object"]["key"])
        logger.clear_state()
        logger.append_keys(request_id=context.aws_request_id)
        if key is None:
            logger.warning("file ignored: no job's progress has its key")
            return
        job_id, attempt = JobId(key["job_id"]), int(key["attempt"])
        logger.append_keys(job_id=job_id, attempt=attempt)
        logger.info("done", extra={"noted": work(job_id, attempt)})

    return handler


def has_died(record: dict[str, Any]) -> bool:
    """Whether the function's process was ended: for its memory, its time, or by itself.

    AWS does not document the error of each such end. In the record of "Capturing records of Lambda
    asynchronous invocations" it has a message only; other ends have an `errorType` such as
    Sandbox.Timedout or Runtime.ExitError. An exception of the handler has a `stackTrace` ("Lambda
    function handler in Python"), and so has a handler that cannot be imported.
    """
    response = record.get("responsePayload")
    exhausted = record["requestContext"]["condition"] == "RetriesExhausted"
    return exhausted and isinstance(response, dict) and "stackTrace" not in response


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
        source_ip=event["detail"].get("source-ip-address"),
    )


def _begin_log(context: LambdaContext, upload: Uploaded | None) -> None:
    logger.clear_state()
    logger.append_keys(request_id=context.aws_request_id)
    if upload:
        logger.append_keys(job_id=upload.job_id, photo_id=upload.photo_id)
