"""What generation reads and writes, in the avatars bucket."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from pydantic import ValidationError

from likeness.adapters import object_keys as keys
from likeness.adapters.aws_errors import domain_errors
from likeness.adapters.deletion import purge
from likeness.contracts import GenerationResult, Prepared, Progress
from likeness.domain.errors import Conflict, NotFound

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

    from likeness.contracts import DrawnAvatar, GenerationOrder
    from likeness.domain.avatar import Avatar
    from likeness.domain.ids import JobId


def training_job_name(job_id: JobId, round_: int) -> str:
    """SageMaker's name of a round: 63 characters at most, and the same when a step is replayed."""
    return f"likeness-{job_id}-r{round_}"


class WorkBucket:
    def __init__(self, s3: S3Client, bucket: str, photos_bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._photos_bucket = photos_bucket

    def order(self, order: GenerationOrder) -> Prepared:
        at = (order.job_id, order.round)
        with domain_errors():
            self._s3.put_object(
                Bucket=self._bucket,
                Key=keys.order(*at),
                Body=order.model_dump_json(indent=2).encode(),
                ContentType="application/json",
            )
        return Prepared(
            job_id=order.job_id,
            round=order.round,
            training_job_name=training_job_name(*at),
            photos_uri=f"s3://{self._photos_bucket}/{keys.photos(order.job_id)}",
            order_uri=f"s3://{self._bucket}/{keys.order_folder(*at)}",
            checkpoint_uri=f"s3://{self._bucket}/{keys.checkpoints(*at)}",
            output_uri=f"s3://{self._bucket}/{keys.output_folder(*at)}",
        )

    def result(self, job_id: JobId, round_: int) -> GenerationResult:
        """Conflict where the file there speaks of another job or round."""
        content = self._read(keys.result(job_id, round_), NotFound(f"job {job_id}: no result"))
        result = GenerationResult.model_validate_json(content)
        if (result.job_id, result.round) != (job_id, round_):
            raise Conflict(f"the result of job {job_id}, round {round_} is of another one")
        return result

    def progress(self, job_id: JobId, round_: int) -> Progress | None:
        """None before the container has written any.

        SageMaker copies the file whenever it likes, half-written too: such a one is no progress.
        """
        try:
            content = self._read(keys.progress(job_id, round_), NotFound("no progress yet"))
            return Progress.model_validate_json(content)
        except (NotFound, ValidationError):
            return None

    def verify(self, avatar: DrawnAvatar, job_id: JobId, round_: int) -> bool:
        """Its name is checked too: what is hashed here is what is judged and published later."""
        if avatar.file != keys.avatar_file(avatar.avatar_id):
            return False
        try:
            png = self._read(
                keys.checkpoint(job_id, round_, avatar.avatar_id),
                NotFound(f"avatar {avatar.avatar_id} of job {job_id} is not there"),
            )
        except NotFound:
            return False
        return hmac.compare_digest(hashlib.sha256(png).hexdigest(), avatar.sha256)

    def keep(self, avatar: Avatar) -> None:
        at = (avatar.job_id, avatar.avatar_id)
        gone = NotFound(f"avatar {avatar.avatar_id} of job {avatar.job_id} is not there")
        with domain_errors({"NoSuchKey": gone, "404": gone}):
            self._s3.copy_object(
                Bucket=self._bucket,
                Key=keys.drawn(*at),
                CopySource={
                    "Bucket": self._bucket,
                    "Key": keys.checkpoint(avatar.job_id, avatar.round, avatar.avatar_id),
                },
            )

    def purge(self, job_id: JobId) -> int:
        return purge(self._s3, self._bucket, keys.work(job_id))

    def _read(self, key: str, absent: NotFound) -> bytes:
        with domain_errors({"NoSuchKey": absent}):
            return self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
