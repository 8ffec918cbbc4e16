"""Presigned URLs. Anyone who has one can read the object until it expires: never log one."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    return s3.generate_presigned_url(
        "get_object",
        Params={
            "Bucket": bucket,
            "Key": key,
            "ResponseContentType": content_type,
            "ResponseContentDisposition": (
                f'{"attachment" if download else "inline"}; filename="{file_name}"'
            ),
            "ResponseCacheControl": "private, no-store",
        },
        ExpiresIn=int(lifetime.total_seconds()),
    )


def require_v4(s3: S3Client) -> None:
    """botocore signs URLs with Version 2 in some regions unless its Config says otherwise."""
    if getattr(s3.meta.config, "signature_version", None) != "s3v4":
        raise ValueError("make the S3 client with Config(signature_version='s3v4')")
