"""Presigned POSTs for one file, presigned URLs that expire, and deletion of all versions."""

import base64
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError

from likeness.adapters.deletion.job_files import BucketFiles
from likeness.adapters.photos.photo_bucket import PhotoBucket
from likeness.adapters.provenance.avatar_bucket import AvatarBucket
from likeness.adapters.s3 import deletion
from likeness.adapters.s3.presigned import url
from likeness.bootstrap import SIGNED
from likeness.domain.deletion.receipt import PHOTOS
from likeness.domain.errors import NotDeleted, Unavailable
from likeness.domain.photos.picture import LIMITS
from tests.builders import JOB, USER
from tests.integration.aws_answers import fail


@pytest.fixture
def photos(s3):
    return PhotoBucket(s3, "photos")


@pytest.fixture
def files(s3):
    return BucketFiles(s3, photos="photos", avatars="avatars")


def policy(presigned_post) -> dict:
    return json.loads(base64.b64decode(presigned_post.fields["policy"]))


def test_a_presigned_post_allows_one_key_one_type_and_a_bounded_size(photos):
    conditions = policy(photos.presigned_post(JOB, "p01", "image/png"))["conditions"]

    assert {"bucket": "photos"} in conditions
    assert {"key": f"uploads/{JOB}/p01"} in conditions
    assert {"Content-Type": "image/png"} in conditions
    assert ["content-length-range", 1, 20 * 2**20] in conditions
    assert not [c for c in conditions if isinstance(c, list) and c[0] == "starts-with"]


def test_the_signed_size_limit_is_the_returned_one(photos):
    presigned_post = photos.presigned_post(JOB, "p01", "image/png")

    assert presigned_post.max_bytes == LIMITS.max_bytes
    assert ["content-length-range", 1, presigned_post.max_bytes] in policy(presigned_post)[
        "conditions"
    ]


def test_a_presigned_post_returns_the_signed_expiry(photos):
    before = datetime.now(UTC).replace(microsecond=0)

    presigned_post = photos.presigned_post(JOB, "p01", "image/png")

    expires = datetime.fromisoformat(policy(presigned_post)["expiration"])
    assert presigned_post.expires_at == expires
    assert before <= expires - timedelta(minutes=15) <= datetime.now(UTC)


def test_a_presigned_post_uses_the_buckets_regional_address(photos):
    """A global address responds with a redirect, and a browser does not post twice."""
    assert (
        photos.presigned_post(JOB, "p01", "image/png").url
        == "https://photos.s3.eu-central-1.amazonaws.com/"
    )


def test_urls_use_signature_version_4_and_fix_type_and_name(s3):
    url = AvatarBucket(s3, "avatars").urls(JOB, ["a01"])["a01"].webp[256]

    address, query = urlsplit(url), parse_qs(urlsplit(url).query)
    assert address.path == f"/avatars/{JOB}/a01/256.webp"
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert query["response-content-type"] == ["image/webp"]
    assert query["response-content-disposition"] == ['inline; filename="avatar-a01-256.webp"']
    assert query["response-cache-control"] == ["private, no-store"]


def test_the_archive_is_a_download(s3):
    url = AvatarBucket(s3, "avatars").archive_url(JOB)

    disposition = parse_qs(urlsplit(url).query)["response-content-disposition"]
    assert disposition == ['attachment; filename="avatars.zip"']


def test_no_presigned_post_or_url_names_the_user(s3, photos):
    signed = [
        photos.presigned_post(JOB, "p01", "image/png").model_dump_json(),
        photos.review_url(JOB, "p01"),
        AvatarBucket(s3, "avatars").archive_url(JOB),
    ]

    assert not [what for what in signed if USER in what]


def test_a_client_with_signature_version_2_is_refused(session):
    """Objects encrypted by KMS cannot be read with version 2, and no other test would notice."""
    old = session.client("s3", config=Config(signature_version="s3"))

    with pytest.raises(ValueError, match="s3v4"):
        PhotoBucket(old, "photos").presigned_post(JOB, "p01", "image/png")
    with pytest.raises(ValueError, match="s3v4"):
        PhotoBucket(old, "photos").review_url(JOB, "p01")


def test_a_too_large_upload_is_read_one_byte_past_the_limit(s3, photos, monkeypatch):
    monkeypatch.setattr(
        "likeness.adapters.photos.photo_bucket.LIMITS", LIMITS.model_copy(update={"max_bytes": 8})
    )
    s3.put_object(Bucket="photos", Key=f"uploads/{JOB}/p01", Body=b"x" * 100)
    etag = photos.uploads(JOB)[0].etag

    assert len(photos.read_upload(JOB, "p01", etag=etag)) == 9


@pytest.mark.parametrize("code", ["AccessDenied", "KMS.DisabledException", "SlowDown"])
def test_a_photo_that_cannot_be_read_is_unavailable_and_not_missing(s3, photos, code):
    photos.store(JOB, "p01", b"jpeg")
    fail(s3, "GetObject", code, times=9, status=403)

    with pytest.raises(Unavailable, match=code):
        photos.read(JOB, "p01")


def test_deleting_covers_old_versions_and_delete_markers(s3, photos, files):
    """A bucket that was made versioned by mistake."""
    s3.put_bucket_versioning(Bucket="photos", VersioningConfiguration={"Status": "Enabled"})
    for content in (b"first", b"second"):
        photos.store(JOB, "p01", content)
    photos.delete(JOB, "p01")

    files.delete(JOB, PHOTOS)

    left = s3.list_object_versions(Bucket="photos")
    assert "Versions" not in left
    assert "DeleteMarkers" not in left


def test_deleting_covers_unfinished_multipart_uploads(s3, photos, files):
    s3.create_multipart_upload(Bucket="photos", Key=f"uploads/{JOB}/p01")

    files.delete(JOB, PHOTOS)

    assert "Uploads" not in s3.list_multipart_uploads(Bucket="photos")


def test_deleting_continues_after_the_first_batch(s3, photos, files, monkeypatch):
    monkeypatch.setattr(deletion, "AT_ONCE", 2)
    calls = fail(s3, "DeleteObjects", "", times=0)
    for n in range(1, 6):
        photos.store(JOB, f"p{n:02d}", b"jpeg")

    assert files.delete(JOB, PHOTOS) == 5
    assert len(calls) == 3


@pytest.mark.parametrize(
    "operation", ["ListObjectVersions", "DeleteObjects", "ListMultipartUploads"]
)
@pytest.mark.parametrize("code", ["AccessDenied", "SlowDown"])
def test_a_denied_delete_or_listing_is_not_deleted(s3, photos, files, operation, code):
    photos.store(JOB, "p01", b"jpeg")
    fail(s3, operation, code, times=9, status=403)

    with pytest.raises(NotDeleted, match=f"{operation} returned {code}"):
        files.delete(JOB, PHOTOS)


def test_a_verification_listing_that_fails_is_not_deleted(s3, photos, files):
    """Everything is deleted, but that is not verified."""
    photos.store(JOB, "p01", b"jpeg")
    looked = []

    def fail_second(**_):
        looked.append(1)
        if len(looked) > 2:  # once for each of the two folders, then again
            raise EndpointConnectionError(endpoint_url="https://s3.test")

    s3.meta.events.register("before-call.s3.ListObjectVersions", fail_second)

    with pytest.raises(NotDeleted):
        files.delete(JOB, PHOTOS)


@pytest.mark.parametrize("how", ["put_object", "create_multipart_upload"])
def test_an_object_that_arrives_while_deleting_is_not_deleted(s3, photos, files, how):
    photos.store(JOB, "p01", b"jpeg")

    def write_late(**_):
        getattr(s3, how)(Bucket="photos", Key=f"photos/{JOB}/p02.jpg")

    s3.meta.events.register("after-call.s3.DeleteObjects", write_late)

    with pytest.raises(NotDeleted, match="1 objects"):
        files.delete(JOB, PHOTOS)


def test_objects_that_s3_refused_to_delete_are_counted_by_error_code(buckets):
    buckets.photos.store(JOB, "p01", b"jpeg")
    buckets.photo_objects.locked = True

    with pytest.raises(NotDeleted) as refused:
        buckets.files.delete(JOB, PHOTOS)

    assert "1 objects" in str(refused.value)


NEW_YEARS_EVE = datetime(2026, 12, 31, 23, 59, 59)  # noqa: DTZ001 - as botocore's own


def a_client(region="eu-central-1", endpoint=None, token=None, secret="its"):  # noqa: S107
    return boto3.client(
        "s3",
        region_name=region,
        endpoint_url=endpoint,
        aws_access_key_id="AKIA",
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=SIGNED,
    )


def both(s3, key, *, seconds=300, download=False):
    """Our URL and botocore's."""
    disposition = "attachment" if download else "inline"
    wanted = {
        "Bucket": "photos",
        "Key": key,
        "ResponseContentType": "image/png",
        "ResponseContentDisposition": f'{disposition}; filename="a.png"',
        "ResponseCacheControl": "private, no-store",
    }
    ours = url(
        s3,
        "photos",
        key,
        lifetime=timedelta(seconds=seconds),
        content_type="image/png",
        file_name="a.png",
        download=download,
    )
    return ours, s3.generate_presigned_url("get_object", Params=wanted, ExpiresIn=seconds)


@pytest.fixture
def at(monkeypatch):
    """Sets the time of both signers."""

    def set_time(moment):
        for signer in ("likeness.adapters.s3.presigned", "botocore.auth"):
            monkeypatch.setattr(f"{signer}.get_current_datetime", lambda: moment)

    set_time(NEW_YEARS_EVE)
    return set_time


@pytest.mark.parametrize("key", ["avatars/j1/a01/1024.png", "a b/ü~(1)/'+&=%.png", "a//../b.png"])
@pytest.mark.parametrize("token", [None, "to/ken=="])
@pytest.mark.parametrize("region", ["eu-central-1", "us-east-1", "cn-north-1"])
@pytest.mark.parametrize(
    "endpoint", [None, "http://127.0.0.1:4566", "https://s3.example.test:443", "http://s3.test:80"]
)
def test_a_url_is_what_botocore_signs(at, key, token, region, endpoint):
    ours, theirs = both(a_client(region, endpoint, token), key)

    assert ours == theirs


def test_each_second_lifetime_and_download_is_signed_as_by_botocore(at):
    s3 = a_client(token="token")
    seen = set()
    for moment in (NEW_YEARS_EVE, NEW_YEARS_EVE + timedelta(seconds=1), NEW_YEARS_EVE):
        at(moment)
        for seconds in (60, 300):
            for download in (False, True):
                ours, theirs = both(s3, "a.png", seconds=seconds, download=download)
                assert ours == theirs
                seen.add(ours)
    assert len(seen) == 2 * 2 * 2


def test_renewed_credentials_sign_at_once(at):
    s3 = a_client(token="old")
    old, _ = both(s3, "a.png")
    renewed = a_client(token="new", secret="another")._get_credentials()
    s3._get_credentials = lambda: renewed
    s3._request_signer._credentials = renewed

    ours, theirs = both(s3, "a.png")

    assert ours == theirs != old
