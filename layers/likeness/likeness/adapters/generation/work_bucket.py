"""Files that generation reads and writes, in the avatars bucket."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from pydantic import ValidationError

from likeness.adapters.aws_errors import domain_errors
from likeness.adapters.generation import endpoint_tar
from likeness.adapters.s3 import object_keys as keys
from likeness.adapters.s3.bucket import Bucket
from likeness.contracts.container import (
    ORDER_FILE,
    RESULT_FILE,
    GenerationOrder,
    GenerationProgress,
    GenerationResult,
)
from likeness.domain.errors import Conflict, NotFound
from likeness.domain.ids import AvatarId

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

    from likeness.contracts.container import DrawnAvatar
    from likeness.domain.generation.avatar import Avatar
    from likeness.domain.ids import JobId


class WorkBucket:
    def __init__(self, s3: S3Client, bucket: str, photos_bucket: str) -> None:
        self._s3 = s3
        self._objects = Bucket(s3, bucket)
        self._photos = Bucket(s3, photos_bucket)

    def order(self, order: GenerationOrder) -> None:
        content = order.model_dump_json(indent=2).encode()
        self._objects.write(keys.order(order.job_id, order.attempt), content, "application/json")

    def pack(self, job_id: JobId, attempt: int) -> None:
        """Does not check the photos: the container refuses one that was replaced."""
        content = self._objects.read(keys.order(job_id, attempt), absent=f"job {job_id}: no order")
        order = GenerationOrder.model_validate_json(content)
        files = {ORDER_FILE: content}
        for photo in order.photos:
            absent = f"photo {photo.photo_id} of job {job_id} is missing"
            jpeg = self._photos.read(keys.photo(job_id, photo.photo_id), absent=absent)
            files[f"photos/{photo.photo_id}.jpg"] = jpeg
        self._objects.write(keys.request(job_id, attempt), endpoint_tar.pack(files))

    def unpack(self, job_id: JobId, attempt: int) -> int:
        try:
            absent = f"job {job_id}: the endpoint's response is missing"
            archive = self._objects.read(
                keys.response(job_id, attempt),
                absent=absent,
                largest=endpoint_tar.LARGEST_RESPONSE,
            )
        except NotFound:
            return len(self.result(job_id, attempt).avatars)  # unpacked by an earlier run
        avatars = endpoint_tar.unpack(archive)
        result = avatars.pop(RESULT_FILE)
        for avatar_id, png in avatars.items():
            self._objects.write(keys.checkpoint(job_id, attempt, AvatarId(avatar_id)), png)
        self._objects.write(keys.result(job_id, attempt), result)  # last: it lists the others
        self.delete_response(job_id, attempt)
        return len(avatars)

    def delete_response(self, job_id: JobId, attempt: int) -> None:
        self._objects.delete(keys.request(job_id, attempt), keys.response(job_id, attempt))

    def delete_failure(self, uri: str) -> None:
        """Only below `work/` of our own bucket: the URI came from a service."""
        key = uri.removeprefix(f"s3://{self._objects.name}/")
        if key.startswith(keys.WORK):
            self._objects.delete(key)

    def result(self, job_id: JobId, attempt: int) -> GenerationResult:
        content = self._objects.read(
            keys.result(job_id, attempt), absent=f"job {job_id}: no result"
        )
        result = GenerationResult.model_validate_json(content)
        if (result.job_id, result.attempt) != (job_id, attempt):
            raise Conflict(f"the result of job {job_id}, attempt {attempt} is of another attempt")
        return result

    def report(self, job_id: JobId, attempt: int, progress: GenerationProgress) -> None:
        content = progress.model_dump_json().encode()
        self._objects.write(keys.progress(job_id, attempt), content, "application/json")

    def progress(self, job_id: JobId, attempt: int) -> GenerationProgress | None:
        """None also for a half-written file: SageMaker copies it at any moment."""
        try:
            content = self._objects.read(keys.progress(job_id, attempt), absent="no progress yet")
            return GenerationProgress.model_validate_json(content)
        except (NotFound, ValidationError):
            return None

    def verify(self, avatar: DrawnAvatar, job_id: JobId, attempt: int) -> bool:
        """The name is checked too: later steps moderate and publish the file of that name."""
        if avatar.file != keys.avatar_file(avatar.avatar_id):
            return False
        try:
            key = keys.checkpoint(job_id, attempt, avatar.avatar_id)
            png = self._objects.read(key, absent=f"avatar {avatar.avatar_id} is missing")
        except NotFound:
            return False
        return hmac.compare_digest(hashlib.sha256(png).hexdigest(), avatar.sha256)

    def promote(self, avatar: Avatar) -> None:
        at = (avatar.job_id, avatar.avatar_id)
        gone = NotFound(f"avatar {avatar.avatar_id} of job {avatar.job_id} is missing")
        with domain_errors({"NoSuchKey": gone, "404": gone}):
            self._s3.copy_object(
                Bucket=self._objects.name,
                Key=keys.drawn(*at),
                CopySource={
                    "Bucket": self._objects.name,
                    "Key": keys.checkpoint(avatar.job_id, avatar.attempt, avatar.avatar_id),
                },
            )
