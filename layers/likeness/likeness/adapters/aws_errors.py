"""Errors of AWS become domain errors here, once."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

from botocore.exceptions import (
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's own
    HTTPClientError,
    IncompleteReadError,
)

from likeness.domain.errors import Denied, LikenessError, Unavailable

DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "DisabledException",
        "KMS.DisabledException",
        "KMSAccessDeniedException",
    }
)
UNREACHABLE = (ConnectionError, HTTPClientError, IncompleteReadError)
NOTHING_FORESEEN: Mapping[str, LikenessError] = MappingProxyType({})


@contextmanager
def domain_errors(foreseen: Mapping[str, LikenessError] = NOTHING_FORESEEN) -> Iterator[None]:
    """Raise what is `foreseen` for AWS's error code, and Unavailable for every other.

    What nobody foresaw (throttled, denied, malformed, a key that was switched off) is never the
    caller's fault. The message names the operation and the code, never a key or a link.
    """
    try:
        yield
    except ClientError as error:
        code = code_of(error)
        if code in foreseen:
            raise foreseen[code] from error
        kind = Denied if code in DENIED else Unavailable
        raise kind(f"{error.operation_name} answered {code}") from error
    except UNREACHABLE as error:
        raise Unavailable(f"AWS could not be reached: {type(error).__name__}") from error


def code_of(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")
