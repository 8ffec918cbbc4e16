"""AWS's errors are translated in one place, without text that must not be logged."""

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from likeness.adapters.aws_errors import domain_errors
from likeness.domain.errors import Conflict, Denied, NotFound, Unavailable


def refused(code: str) -> ClientError:
    error = {"Error": {"Code": code, "Message": "arn:aws:s3:::photos/uploads/j1/p01"}}
    return ClientError(error, "GetObject")  # type: ignore[arg-type]


def test_a_mapped_error_code_raises_its_error():
    gone = NotFound("there is no photo p01")

    with pytest.raises(NotFound) as raised, domain_errors({"NoSuchKey": gone}):
        raise refused("NoSuchKey")

    assert raised.value is gone


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("SlowDown", Unavailable),
        ("InternalError", Unavailable),
        ("Unheard of", Unavailable),
        ("", Unavailable),
        ("AccessDenied", Denied),
        ("AccessDeniedException", Denied),
        ("KMS.DisabledException", Denied),
    ],
)
def test_any_other_error_is_unavailable_with_operation_and_code_only(code, kind):
    with pytest.raises(Unavailable) as raised, domain_errors({"NoSuchKey": NotFound("")}):
        raise refused(code)

    assert type(raised.value) is kind
    assert str(raised.value) == f"GetObject returned {code}"


@pytest.mark.parametrize(
    "broken",
    [
        EndpointConnectionError(endpoint_url="https://photos.test/p01?X-Amz-Signature=secret"),
        ConnectTimeoutError(endpoint_url="https://photos.test/p01?X-Amz-Signature=secret"),
        ReadTimeoutError(endpoint_url="https://photos.test/p01?X-Amz-Signature=secret"),
    ],
)
def test_a_network_error_is_unavailable_without_its_address(broken):
    with pytest.raises(Unavailable) as raised, domain_errors():
        raise broken

    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("error", [Conflict("moved"), ValueError("a bug")])
def test_other_exceptions_pass_through(error):
    with pytest.raises(type(error)) as raised, domain_errors():
        raise error

    assert raised.value is error
