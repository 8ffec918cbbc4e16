"""Presigned URLs. Anyone who has one can read the object until it expires: never log one.

A completed job has 91 of them in each response. The client's own method takes three times as long
for each, because it validates the request and resolves the endpoint again: here that is done once
for a bucket, and botocore signs each URL. tests/integration compares the two.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import quote

from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest

if TYPE_CHECKING:
    from datetime import timedelta

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
    return _signed(
        s3,
        _folder(s3, bucket) + quote(key, safe="/~"),
        {
            "response-content-type": content_type,
            "response-content-disposition": disposition,
            "response-cache-control": "private, no-store",
        },
        int(lifetime.total_seconds()),
    )


def require_v4(s3: S3Client) -> None:
    """botocore signs URLs with Version 2 in some regions unless its Config says otherwise."""
    if getattr(s3.meta.config, "signature_version", None) != "s3v4":
        raise ValueError("make the S3 client with Config(signature_version='s3v4')")


@cache
def _folder(s3: S3Client, bucket: str) -> str:
    """Where the bucket's objects are, by botocore's rules for regions and endpoints."""
    example = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "-"})
    return example.partition("?")[0].removesuffix("-")


def _signed(s3: S3Client, address: str, query: dict[str, str], seconds: int) -> str:
    # Credentials expire: the client renews them, so they are not cached here.
    credentials = s3._get_credentials().get_frozen_credentials()  # type: ignore[attr-defined] # noqa: SLF001
    request = AWSRequest("GET", address, params=query)
    S3SigV4QueryAuth(credentials, "s3", s3.meta.region_name, expires=seconds).add_auth(request)
    return str(request.url)
