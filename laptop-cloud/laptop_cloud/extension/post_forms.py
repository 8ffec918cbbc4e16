"""Gap: the form of a presigned POST has the shape that S3 requires.

The rules are in the S3 Developer Guide ("POST Object", "Creating an HTML form (using AWS Signature
Version 4)"). The codes and messages are those that S3 returned to LocalStack's recorded tests
(tests/aws/services/s3/test_s3.py, TestS3PresignedPost) and in issues of upload libraries: the
guide's own table of codes differs from them.
"""

from __future__ import annotations

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
    refused = parts and (wrong_shape(parts, body, headers) or wrong_fields(field_names(parts)))
    answer: Response = refused or _post_object(bucket, body, headers)
    return answer


def field_names(parts: list[Part]) -> list[str]:
    """The names before the file, in lower case: S3 ignores the case of names."""
    names = [name.lower() for name, _, _, _ in parts]
    return names[: names.index(FILE)]


def wrong_shape(parts: list[Part], body: bytes, headers: dict[str, str]) -> Response | None:
    """The refusal of a form that S3 does not read."""
    if "content-length" not in headers:
        message = "You must provide the Content-Length HTTP header."
        return _error("MissingContentLength", message, 411)
    files = [value for name, _, _, value in parts if name.lower() == FILE]
    if len(files) != 1:
        message = "POST requires exactly one file upload per request."
        return _argument(message, FILE, str(len(files)))
    if len(body) - len(files[0]) > MOST_FORM_DATA:
        return _error(
            "MaxPostPreDataLengthExceeded",
            "Your POST request fields preceeding the upload file was too large.",  # as S3 writes it
            400,
            MaxPostPreDataLengthBytes=str(MOST_FORM_DATA),
        )
    return None


def wrong_fields(given: list[str]) -> Response | None:
    """The refusal of a form without key, or without all that its signature needs."""
    if "key" not in given:
        return _missing("key")
    if {"awsaccesskeyid", "signature"} & {*given}:  # every Region since 2014
        message = (
            "The authorization mechanism you have provided is not supported. "
            "Please use AWS4-HMAC-SHA256."
        )
        return _error("InvalidRequest", message, 400)
    absent = [name for name in SIGNING if name.lower() not in given]
    if {*SIGNING} - {"Policy"} <= {*absent}:
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
