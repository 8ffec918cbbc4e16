"""The photos bucket: uploads, and the normalised photos made of them."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from likeness.adapters.aws_errors import domain_errors
from likeness.adapters.s3 import object_keys as keys
from likeness.adapters.s3.bucket import Bucket
from likeness.adapters.s3.presigned import require_v4, url
from likeness.api.photos import PresignedPost
from likeness.domain.errors import NotFound
from likeness.domain.ids import PhotoId
from likeness.domain.photos.picture import LIMITS
from likeness.domain.review.case import URL_LIFETIME
from likeness.ports.photos import Upload

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

    from likeness.domain.ids import JobId
    from likeness.domain.photos.photo import ContentType, UploadFolder

POST_LIFETIME = timedelta(minutes=15)


class PhotoBucket:
    def __init__(self, s3: S3Client, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._objects = Bucket(s3, bucket)

    def presigned_post(
        self,
        job_id: JobId,
        photo_id: PhotoId,
        content_type: ContentType,
        *,
        folder: UploadFolder = "uploads",
    ) -> PresignedPost:
        """For one key and type, 1 byte to 20 MiB. The bucket's default key encrypts the object."""
        require_v4(self._s3)
        presigned_post = self._s3.generate_presigned_post(
            Bucket=self._bucket,
            Key=keys.upload(job_id, photo_id, folder),
            Fields={"Content-Type": content_type},
            Conditions=[
                {"Content-Type": content_type},
                ["content-length-range", 1, LIMITS.max_bytes],
            ],
            ExpiresIn=int(POST_LIFETIME.total_seconds()),
        )
        return PresignedPost(
            photo_id=photo_id,
            url=presigned_post["url"],
            fields=presigned_post["fields"],
            max_bytes=LIMITS.max_bytes,
            expires_at=_expiry(presigned_post["fields"]["policy"]),
        )

    def uploads(self, job_id: JobId) -> list[Upload]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=keys.uploads(job_id)
        )
        with domain_errors():
            return [
                Upload(
                    photo_id=PhotoId(PurePosixPath(there["Key"]).name),
                    etag=_bare(there["ETag"]),
                    uploaded_at=there["LastModified"],
                )
                for page in pages
                for there in page.get("Contents", [])
            ]

    def read_upload(
        self, job_id: JobId, photo_id: PhotoId, *, etag: str, folder: UploadFolder = "uploads"
    ) -> bytes:
        """Read at most one byte more than the limit, which shows that an upload is too large."""
        key = keys.upload(job_id, photo_id, folder)
        gone = NotFound(f"{key} is gone or was replaced")
        with domain_errors({"NoSuchKey": gone, "PreconditionFailed": gone}):
            found = self._s3.get_object(Bucket=self._bucket, Key=key, IfMatch=f'"{_bare(etag)}"')
            return found["Body"].read(LIMITS.max_bytes + 1)

    def delete_upload(
        self, job_id: JobId, photo_id: PhotoId, *, folder: UploadFolder = "uploads"
    ) -> None:
        self._objects.delete(keys.upload(job_id, photo_id, folder))

    def store(self, job_id: JobId, photo_id: PhotoId, jpeg: bytes) -> None:
        self._objects.write(keys.photo(job_id, photo_id), jpeg, "image/jpeg")

    def read(self, job_id: JobId, photo_id: PhotoId) -> bytes:
        absent = f"there is no photo {photo_id} of job {job_id}"
        return self._objects.read(keys.photo(job_id, photo_id), absent=absent)

    def delete(self, job_id: JobId, photo_id: PhotoId) -> None:
        self._objects.delete(keys.photo(job_id, photo_id))

    def review_url(self, job_id: JobId, photo_id: PhotoId) -> str:
        return url(
            self._s3,
            self._bucket,
            keys.photo(job_id, photo_id),
            lifetime=URL_LIFETIME,
            content_type="image/jpeg",
            file_name=f"{photo_id}.jpg",
        )


def _bare(etag: str) -> str:
    """S3 quotes ETags in its responses but not in its events."""
    return etag.strip('"')


def _expiry(policy: str) -> datetime:
    """Return when a presigned POST expires, as its signed policy says."""
    return datetime.fromisoformat(json.loads(base64.b64decode(policy))["expiration"])
