"""Gap: a missing object is 403, not 404, for a caller that may not list the bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from ministack import app
from ministack.core.iam_evaluator import enforce
from ministack.core.router import extract_access_key_id, extract_region
from ministack.services import s3

if TYPE_CHECKING:
    from laptop_cloud.extension.wire import Response

LIST = "s3:ListBucket"

_serve = app.SERVICE_HANDLERS["s3"]


def install() -> None:
    app.SERVICE_HANDLERS["s3"] = handle


async def handle(
    method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
) -> Response:
    """Serve an S3 call; hide from a caller without s3:ListBucket that an object is missing.

    "If the object you request doesn't exist, the error that Amazon S3 returns depends on whether
    you also have the s3:ListBucket permission" (GetObject and HeadObject, Amazon S3 API Reference).
    The check has no s3:prefix, so a statement with a condition on it does not count.
    """
    served: Response = await _serve(method, path, headers, body, query)
    if bucket := searched(method, path, headers, served):
        caller, region = extract_access_key_id(headers, query), extract_region(headers, query)
        if enforce(caller, LIST, "s3", region, resource_arn=f"arn:aws:s3:::{bucket}"):
            served = s3._error("AccessDenied", "Access Denied", 403, path)
    return served


def searched(method: str, path: str, headers: dict[str, str], served: Response) -> str:
    """The bucket in which a call did not find its object; empty if it did, or wrote none."""
    status, _, content = served
    bucket, _, key = path.lstrip("/").partition("/")
    if status != 404 or not key:
        return ""
    if method == "PUT":  # a copy
        bucket = unquote(headers.get("x-amz-copy-source", "")).lstrip("/").partition("/")[0]
    missing = b"<Code>NoSuchKey</Code>" in content if content else bucket in s3._buckets
    return bucket if missing and method in {"GET", "HEAD", "PUT"} else ""
