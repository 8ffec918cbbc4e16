"""A presigned POST is accepted only in the form that S3 accepts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests
from botocore.exceptions import ClientError

from support.calls import invoke, ops

if TYPE_CHECKING:
    from collections.abc import Callable

    from laptop_cloud.cloud import Cloud

    Field = tuple[str, tuple[str | None, str]]

pytestmark = pytest.mark.stack

FILE: Field = ("file", ("photo.jpg", "12345"))
KEY = "uploads/form"


@pytest.fixture
def post(laptop_cloud: Cloud) -> Callable[..., tuple[int, str]]:
    """Send a form: the signed fields, changed by `fields`, then the parts `after`."""
    bucket = laptop_cloud.outputs["Bucket"]
    signed: dict[str, Any] = invoke(laptop_cloud, "Sign", {"bucket": bucket, "key": KEY})
    ops(laptop_cloud)("s3").delete_object(Bucket=bucket, Key=KEY)

    def send(*after: Field, **fields: str | None) -> tuple[int, str]:
        named = {name.replace("_", "-"): value for name, value in fields.items()}
        wanted = {**signed["fields"], **named}
        before = [(name, (None, value)) for name, value in wanted.items() if value is not None]
        answer = requests.post(signed["url"], files=[*before, *after], timeout=30)
        return answer.status_code, answer.text

    return send


def test_the_file_is_the_last_field(post: Callable[..., tuple[int, str]]) -> None:
    assert post(FILE) == (204, "")


def test_fields_after_the_file_are_ignored(
    laptop_cloud: Cloud, post: Callable[..., tuple[int, str]]
) -> None:
    """So an extra field there is no extra field, and a needed one there is missing."""
    assert post(FILE, ("submit", (None, "Upload")))[0] == 204
    ops(laptop_cloud)("s3").delete_object(Bucket=laptop_cloud.outputs["Bucket"], Key=KEY)

    status, text = post(FILE, ("key", (None, KEY)), key=None)

    assert status == 400
    assert "<Code>InvalidArgument</Code>" in text
    assert "Bucket POST must contain a field named 'key'.  If it is specified, please" in text
    assert_absent(laptop_cloud)


def test_an_unsigned_field_before_the_file_is_refused(
    laptop_cloud: Cloud, post: Callable[..., tuple[int, str]]
) -> None:
    status, text = post(FILE, submit="Upload")

    assert status == 403
    assert "<Message>Invalid according to Policy: Extra input fields: submit</Message>" in text
    assert_absent(laptop_cloud)


@pytest.mark.parametrize("files", [(), (FILE, FILE)])
def test_a_form_has_exactly_one_file(
    laptop_cloud: Cloud, post: Callable[..., tuple[int, str]], files: tuple[Field, ...]
) -> None:
    status, text = post(*files)

    assert status == 400
    assert "<Code>InvalidArgument</Code>" in text
    assert "<Message>POST requires exactly one file upload per request.</Message>" in text
    assert f"<ArgumentValue>{len(files)}</ArgumentValue>" in text
    assert_absent(laptop_cloud)


def test_everything_but_the_file_fits_into_20_kilobytes(
    laptop_cloud: Cloud, post: Callable[..., tuple[int, str]]
) -> None:
    status, text = post(FILE, x_ignore_note="x" * 20_480)

    assert status == 400
    assert "<Code>MaxPostPreDataLengthExceeded</Code>" in text
    assert_absent(laptop_cloud)


@pytest.mark.parametrize(
    ("field", "named"),
    [("x_amz_signature", "X-Amz-Signature"), ("x_amz_algorithm", "X-Amz-Algorithm")],
)
def test_a_form_that_lacks_a_field_of_its_signature_is_refused(
    laptop_cloud: Cloud, post: Callable[..., tuple[int, str]], field: str, named: str
) -> None:
    status, text = post(FILE, **{field: None})

    assert status == 400
    assert f"<ArgumentName>{named}</ArgumentName>" in text
    assert_absent(laptop_cloud)


def test_an_unsigned_form_is_anonymous_and_refused(
    laptop_cloud: Cloud, post: Callable[..., tuple[int, str]]
) -> None:
    names = ("policy", "x_amz_signature", "x_amz_algorithm", "x_amz_credential", "x_amz_date")
    status, text = post(FILE, x_amz_security_token=None, **dict.fromkeys(names))

    assert status == 403
    assert "<Code>AccessDenied</Code>" in text
    assert_absent(laptop_cloud)


def assert_absent(cloud: Cloud) -> None:
    with pytest.raises(ClientError, match="404"):
        ops(cloud)("s3").head_object(Bucket=cloud.outputs["Bucket"], Key=KEY)
