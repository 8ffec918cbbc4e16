"""Gap: the form of a presigned POST has the shape that S3 requires.

The rules are in the S3 Developer Guide ("POST Object", "Creating an HTML form (using AWS Signature
Version 4)"). The codes and messages are those that S3 returned to LocalStack's recorded tests
(tests/aws/services/s3/test_s3.py, TestS3PresignedPost) and in issues of upload libraries: the
guide's own table of codes differs from them.
"""

from __future__ import annotations

from typing import Any

from ministack.services import s3

FILE = "file"
MOST_FORM_DATA = 20_480  # bytes, "excluding the contents of the file"
# As S3 names them, in the order in which it misses them.
SIGNING = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Signature", "Policy")

Part = tuple[str, str | None, dict[str, str], bytes]  # name, file name, headers, value
Response = tuple[int, dict[str, str], bytes]

_parse = s3._parse_multipart_form
_post_object = s3._post_object


def install() -> None:
    s3._parse_multipart_form = parts_up_to_the_file
    s3._post_object = post_object


def parts_up_to_the_file(content_type: str, body: bytes) -> list[Part]:
    """The parts of a form. S3 ignores every field after the file."""
    found: list[Part] = _parse(content_type, body)
    names = [part[0].lower() for part in found]
    return found[: names.index(FILE) + 1] if FILE in names else found


def post_object(bucket: str, body: bytes, headers: dict[str, str]) -> Response:
    parts: list[Part] = _parse(headers.get("content-type", ""), body)
    answer: Response = refusal(parts, body, headers) or _post_object(bucket, body, headers)
    return answer


def refusal(parts: list[Part], body: bytes, headers: dict[str, str]) -> Response | None:
    """The refusal of a form that S3 does not read, or whose signature it does not look for."""
    if not parts:
        return None  # not a form: MiniStack refuses it
    if "content-length" not in headers:
        return _error("MissingContentLength", "You must provide the Content-Length HTTP header.", 411)
    files = [value for name, _, _, value in parts if name.lower() == FILE]
    if len(files) != 1:
        count = str(len(files))
        return _argument("POST requires exactly one file upload per request.", FILE, count)
    if len(body) - len(files[0]) > MOST_FORM_DATA:
        return _error(
            "MaxPostPreDataLengthExceeded",
            "Your POST request fields preceeding the upload file was too large.",
            400,
            MaxPostPreDataLengthBytes=str(MOST_FORM_DATA),
        )
    content_type = headers["content-type"]
    fields = {name.lower() for name, _, _, _ in parts_up_to_the_file(content_type, body)}
    if "key" not in fields:
        return _missing("key")
    if {"awsaccesskeyid", "signature"} & fields:  # every Region since 2014
        return _error(
            "InvalidRequest",
            "The authorization mechanism you have provided is not supported. "
            "Please use AWS4-HMAC-SHA256.",
            400,
        )
    absent = [name for name in SIGNING if name.lower() not in fields]
    if not {name.lower() for name in SIGNING[:4]} & fields:
        return _error("AccessDenied", "Access Denied", 403)  # anonymous
    return _missing(absent[0]) if absent else None


def _missing(field: str) -> Response:
    return _argument(
        f"Bucket POST must contain a field named '{field}'.  If it is specified, please check the "
        "order of the fields.",
        field,
        "",
    )


def _argument(message: str, name: str, value: str) -> Response:
    return _error("InvalidArgument", message, 400, ArgumentName=name, ArgumentValue=value)


def _error(code: str, message: str, status: int, **elements: str) -> Response:
    answer: Response = s3._error(code, message, status, extra=elements)
    return answer
