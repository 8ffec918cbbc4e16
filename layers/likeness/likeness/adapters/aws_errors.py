"""Translate errors of AWS into domain errors."""

from __future__ import annotations

from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING

from botocore.exceptions import (
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's own
    HTTPClientError,
    IncompleteReadError,
)

from likeness.domain.errors import Denied, LikenessError, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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
NONE: Mapping[str, LikenessError] = MappingProxyType({})


@contextmanager
def domain_errors(expected: Mapping[str, LikenessError] = NONE) -> Iterator[None]:
    """Raise the `expected` error for AWS's error code, and Unavailable or Denied for every other.

    Other errors (throttled, denied, malformed, a disabled key) are not the caller's fault. The
    message contains the operation and the code, never a key or URL.
    """
    try:
        yield
    except ClientError as error:
        code = code_of(error)
        if code in expected:
            raise expected[code] from error
        kind = Denied if code in DENIED else Unavailable
        raise kind(f"{error.operation_name} returned {code}") from error
    except UNREACHABLE as error:
        raise Unavailable(f"AWS could not be reached: {type(error).__name__}") from error


def code_of(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")
