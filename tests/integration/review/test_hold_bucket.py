"""The hold bucket on moto, with S3 Object Lock."""

import base64
from datetime import UTC, datetime, timedelta

import pytest

from likeness.adapters.review.hold_bucket import HoldBucket
from likeness.domain.errors import Denied, Unavailable
from likeness.domain.review.hold import PreservedFile
from tests.builders import JOB, OTHER_JOB
from tests.integration.conftest import REGION

CONTENT = b"as sent"
FILE = PreservedFile.of("upload", CONTENT)
LATER = datetime.now(UTC) + timedelta(days=365)


@pytest.fixture
def bucket(s3):
    s3.create_bucket(
        Bucket="hold",
        ObjectLockEnabledForBucket=True,
        CreateBucketConfiguration={"LocationConstraint": REGION},
    )
    return HoldBucket(s3, "hold")


def versions(s3):
    return s3.list_object_versions(Bucket="hold").get("Versions", [])


def test_a_copy_is_stored_under_a_legal_hold(s3, bucket):
    bucket.store(JOB, FILE, CONTENT)

    head = s3.head_object(Bucket="hold", Key=FILE.key(JOB), ChecksumMode="ENABLED")
    assert head["ObjectLockLegalHoldStatus"] == "ON"
    assert head["ChecksumSHA256"] == base64.b64encode(bytes.fromhex(FILE.sha256)).decode()
    assert s3.get_object(Bucket="hold", Key=FILE.key(JOB))["Body"].read() == CONTENT


def test_the_same_copy_is_stored_once(s3, bucket):
    bucket.store(JOB, FILE, CONTENT)
    bucket.store(JOB, FILE, CONTENT)

    assert len(versions(s3)) == 1


def test_a_copy_whose_checksum_s3_does_not_confirm_is_no_copy(s3, bucket, monkeypatch):
    put = s3.put_object
    monkeypatch.setattr(s3, "put_object", lambda **call: put(**call) | {"ChecksumSHA256": "other"})

    with pytest.raises(Unavailable, match="checksum"):
        bucket.store(JOB, FILE, CONTENT)


def test_a_retained_copy_cannot_be_deleted(s3, bucket):
    bucket.store(JOB, FILE, CONTENT)
    bucket.store(JOB, PreservedFile.of("photo", b"jpeg"), b"jpeg")
    bucket.retain(JOB, LATER)

    with pytest.raises(Denied):
        bucket.delete(JOB)

    assert len(versions(s3)) == 2
    head = s3.head_object(Bucket="hold", Key=FILE.key(JOB))
    assert head["ObjectLockMode"] == "GOVERNANCE"
    assert head["ObjectLockRetainUntilDate"] >= LATER - timedelta(seconds=1)


def test_a_legal_hold_alone_forbids_to_delete_a_version(s3, bucket):
    bucket.store(JOB, FILE, CONTENT)
    (version,) = versions(s3)

    with pytest.raises(s3.exceptions.ClientError, match="AccessDenied"):
        s3.delete_object(Bucket="hold", Key=version["Key"], VersionId=version["VersionId"])


def test_copies_of_a_returned_hold_are_deleted_and_no_others(s3, bucket):
    bucket.store(JOB, FILE, CONTENT)
    bucket.store(OTHER_JOB, FILE, CONTENT)

    bucket.delete(JOB)

    assert [version["Key"] for version in versions(s3)] == [FILE.key(OTHER_JOB)]
