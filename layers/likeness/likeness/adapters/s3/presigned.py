"""Presigned URLs. Anyone who has one can read the object until it expires: never log one.

A completed job has 91 of them in each response, and botocore takes a tenth of a millisecond to sign
one, most of it to take the same request apart again. So where the bucket is, and what the URLs of a
second have in common, is computed once, and only the rest of "Authenticating Requests: Using Query
Parameters" (S3 API Reference) is done for each. tests/integration compares them with botocore's.
"""

from __future__ import annotations

import hashlib
import hmac
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, urlsplit

from botocore.auth import SIGV4_TIMESTAMP, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.compat import get_current_datetime
from botocore.credentials import ReadOnlyCredentials

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from mypy_boto3_s3.client import S3Client


def url(  # noqa: PLR0913 - the parts of a URL, each by name
    s3: S3Client,
    bucket: str,
    key: str,
    *,
    lifetime: timedelta,
    content_type: str,
    file_name: str,
    download: bool = False,
) -> str:
    """Return a presigned GET URL. Content type and file name are signed: they cannot be changed.

    Raises ValueError for a client without Signature Version 4, which KMS encryption needs.
    """
    require_v4(s3)
    disposition = f'{"attachment" if download else "inline"}; filename="{file_name}"'
    response = {
        "response-content-type": content_type,
        "response-content-disposition": disposition,
        "response-cache-control": "private, no-store",
    }
    # Credentials expire: the client renews them, so they are read again for each URL.
    credentials = s3._get_credentials().get_frozen_credentials()  # type: ignore[attr-defined] # noqa: SLF001
    now = get_current_datetime().replace(microsecond=0)
    signer = _signer(credentials, s3.meta.region_name, now, int(lifetime.total_seconds()))
    folder = _folder(s3, bucket)
    path = folder.path + quote(key, safe="/~")
    query = [f"{name}={_encoded(value)}" for name, value in response.items()]
    signature = signer.signature(folder.host, path, query)
    parameters = "&".join((*query, *signer.parameters))
    return f"{folder.origin}{path}?{parameters}&X-Amz-Signature={signature}"


def require_v4(s3: S3Client) -> None:
    """botocore signs URLs with Version 2 in some regions unless its Config says otherwise."""
    if getattr(s3.meta.config, "signature_version", None) != "s3v4":
        raise ValueError("make the S3 client with Config(signature_version='s3v4')")


class _Folder(NamedTuple):
    """Where a bucket's objects are. `host` is the signed header."""

    origin: str
    host: str
    path: str


@cache
def _folder(s3: S3Client, bucket: str) -> _Folder:
    """By botocore's rules for regions and endpoints."""
    example = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "-"})
    at = urlsplit(example)
    signer = S3SigV4QueryAuth(ReadOnlyCredentials("", "", None), "s3", "")
    headers = signer.headers_to_sign(AWSRequest("GET", example))
    return _Folder(f"{at.scheme}://{at.netloc}", headers["host"], at.path.removesuffix("-"))


class _Signer(NamedTuple):
    """What the URLs of one second have in common."""

    key: bytes
    at: str
    scope: str
    parameters: tuple[str, ...]

    def signature(self, host: str, path: str, query: list[str]) -> str:
        sorted_query = "&".join(sorted((*query, *self.parameters)))
        request = f"GET\n{path}\n{sorted_query}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD"
        digest = hashlib.sha256(request.encode()).hexdigest()
        text = f"AWS4-HMAC-SHA256\n{self.at}\n{self.scope}\n{digest}"
        return hmac.digest(self.key, text.encode(), "sha256").hex()


@lru_cache(maxsize=1)
def _signer(credentials: ReadOnlyCredentials, region: str, now: datetime, seconds: int) -> _Signer:
    at = now.strftime(SIGV4_TIMESTAMP)
    scope = (at[:8], region, "s3", "aws4_request")
    key = f"AWS4{credentials.secret_key}".encode()
    for part in scope:
        key = hmac.digest(key, part.encode(), "sha256")
    parameters = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{credentials.access_key}/{'/'.join(scope)}",
        "X-Amz-Date": at,
        "X-Amz-Expires": str(seconds),
        "X-Amz-SignedHeaders": "host",
    }
    if credentials.token is not None:
        parameters["X-Amz-Security-Token"] = credentials.token
    encoded = tuple(f"{name}={_encoded(value)}" for name, value in parameters.items())
    return _Signer(key, at, "/".join(scope), encoded)


@lru_cache(maxsize=256)  # the parameters of a job's files are those of another's
def _encoded(value: str) -> str:
    return quote(value, safe="-_.~")
