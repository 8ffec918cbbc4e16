"""Links to one object that stop working by themselves. Whoever has one may look: never log one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import timedelta

    from mypy_boto3_s3.client import S3Client


def url(  # noqa: PLR0913 - what a link says, each by name
    s3: S3Client,
    bucket: str,
    key: str,
    *,
    lives: timedelta,
    content_type: str,
    file_name: str,
    download: bool = False,
) -> str:
    """A presigned GET. Type and name are part of what is signed: nobody can change them.

    A client without Signature Version 4 cannot read what is encrypted with KMS, so it raises.
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
        ExpiresIn=int(lives.total_seconds()),
    )


def require_v4(s3: S3Client) -> None:
    """botocore signs links by Version 2 in some regions unless it is told otherwise."""
    if getattr(s3.meta.config, "signature_version", None) != "s3v4":
        raise ValueError("make the S3 client with Config(signature_version='s3v4')")
