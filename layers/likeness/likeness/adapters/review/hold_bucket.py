"""The hold bucket: copies under S3 Object Lock, which our functions can store but not read.

"How S3 Object Lock works" (S3 User Guide): a legal hold forbids to delete an object version until
it is removed; a retention period in governance mode forbids it until its date, also to those who
may remove the legal hold. Functions have no s3:BypassGovernanceRetention.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from likeness.adapters.aws_errors import code_of, domain_errors
from likeness.adapters.s3.listing import all_objects
from likeness.domain.errors import NotDeleted, Unavailable

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_s3.client import S3Client

    from likeness.domain.ids import JobId
    from likeness.domain.review.hold import PreservedFile

STORED = "PreconditionFailed"  # an equal copy exists: its key is its SHA-256


class HoldBucket:
    def __init__(self, s3: S3Client, name: str) -> None:
        self._s3 = s3
        self._name = name

    def store(self, job_id: JobId, file: PreservedFile, content: bytes) -> None:
        """S3 computes the checksum of what it stored, refuses another one, and returns it
        ("Checking object integrity for data uploads in Amazon S3")."""
        checksum = base64.b64encode(bytes.fromhex(file.sha256)).decode()
        with domain_errors():
            try:
                stored = self._s3.put_object(
                    Bucket=self._name,
                    Key=file.key(job_id),
                    Body=content,
                    ContentType="application/octet-stream",
                    ChecksumAlgorithm="SHA256",  # Object Lock requires it (PutObject)
                    ChecksumSHA256=checksum,
                    ObjectLockLegalHoldStatus="ON",
                    IfNoneMatch="*",
                )
            except ClientError as error:
                if code_of(error) == STORED:
                    return
                raise
        if stored.get("ChecksumSHA256") != checksum:
            raise Unavailable("S3 did not confirm the checksum of a copy")

    def retain(self, job_id: JobId, until: datetime) -> None:
        with domain_errors():
            for one in list(all_objects(self._s3, self._name, f"{job_id}/")):
                self._s3.put_object_retention(
                    Bucket=self._name,
                    Key=one.key,
                    VersionId=one.version or "null",
                    Retention={"Mode": "GOVERNANCE", "RetainUntilDate": until},
                )

    def delete(self, job_id: JobId) -> None:
        with domain_errors():
            for one in list(all_objects(self._s3, self._name, f"{job_id}/")):
                version = one.version or "null"
                self._s3.put_object_legal_hold(
                    Bucket=self._name, Key=one.key, VersionId=version, LegalHold={"Status": "OFF"}
                )
                self._s3.delete_object(Bucket=self._name, Key=one.key, VersionId=version)
            left = sum(1 for _ in all_objects(self._s3, self._name, f"{job_id}/"))
        if left:
            raise NotDeleted(f"{left} copies of job {job_id} are left in the hold bucket")
