"""Deletion records on the fake and DynamoDB; the independent listing and the sweep on S3."""

import json
from datetime import timedelta

import pytest

from likeness.adapters.deletion.bucket_sweep import BucketSweep
from likeness.adapters.deletion.deletions_table import DeletionsTable
from likeness.adapters.deletion.leftovers import BucketLeftovers
from likeness.adapters.deletion.swept_jobs import SweptJobsTable
from likeness.adapters.policy_files import load_retention
from likeness.contracts.sweep import RangeSweep
from likeness.domain.deletion.key_ranges import KeyRange
from likeness.domain.deletion.receipt import (
    EVERYWHERE,
    PHOTOS,
    Deletion,
    DeletionState,
    StoredObject,
)
from likeness.domain.deletion.retention import SweepFinding
from likeness.domain.errors import Denied
from likeness.domain.ids import JobId
from likeness.domain.review.appeal import Appeal, AppealedPhoto
from likeness.ports.deletion import SweptJob
from likeness.services.deletion.sweep_range import sweep_range
from tests.builders import JOB, NOW, OTHER_JOB, a_job
from tests.fakes import (
    FakeBucket,
    FakeClock,
    FakeDeletions,
    FakeKnownCases,
    FakeLeftovers,
    FakeMetrics,
    FakeSweptJobs,
)
from tests.integration.aws_answers import MotoBucket, fail

RULES = load_retention()
ONE = StoredObject(name="photos/p01.jpg", etag="etag-1", created_at=NOW)


@pytest.fixture
def deletions(kind, request):
    if kind == "fake":
        return FakeDeletions()
    return DeletionsTable(request.getfixturevalue("table"), FakeClock())


@pytest.fixture
def looked_at(kind, request):
    """The leftover listing, and both buckets."""
    if kind == "fake":
        photos, avatars = FakeBucket(), FakeBucket()
        return FakeLeftovers(photos, avatars), photos, avatars
    s3 = request.getfixturevalue("s3")
    leftovers = BucketLeftovers(s3, photos="photos", avatars="avatars")
    return leftovers, MotoBucket(s3, "photos"), MotoBucket(s3, "avatars")


def test_a_job_that_is_not_being_deleted_has_no_deletion_record(deletions):
    assert deletions.get(JOB) is None
    assert deletions.objects(JOB) == []


@pytest.mark.parametrize("state", DeletionState)
def test_the_last_saved_deletion_record_is_read(deletions, state):
    deletions.save(Deletion(job_id=JOB, state=DeletionState.PENDING))
    said = Deletion(job_id=JOB, state=state, receipt="a.b.c")

    deletions.save(said)

    assert deletions.get(JOB) == said
    assert deletions.get(OTHER_JOB) is None


def test_a_legal_hold_stays_until_it_is_removed(deletions):
    held = Deletion(job_id=JOB, state=DeletionState.HELD)
    deletions.save(held)

    deletions.save(Deletion(job_id=JOB, state=DeletionState.PENDING))
    assert deletions.get(JOB) == held
    deletions.save(Deletion(job_id=JOB, state=DeletionState.DELETED, receipt="a.b.c"))
    assert deletions.get(JOB) == held

    deletions.save(held.model_copy(update={"receipt": "of.the.hold"}))
    assert deletions.get(JOB).receipt == "of.the.hold"


def test_an_object_is_stored_once_with_its_deletion_time(deletions):
    another = ONE.model_copy(update={"etag": "etag-2"})  # an object of the same name, written later
    deletions.add_objects(JOB, [ONE, ONE, another])
    gone = ONE.model_copy(update={"deleted_at": NOW + timedelta(minutes=1)})

    deletions.add_objects(JOB, [gone])

    assert deletions.objects(JOB) == [gone, another]
    assert deletions.objects(OTHER_JOB) == []


def test_the_listing_covers_every_place_of_this_job_only(looked_at):
    leftovers, photos, avatars = looked_at
    for job in (JOB, OTHER_JOB):
        photos.put(f"uploads/{job}/p01", b"raw")
        photos.put(f"photos/{job}/p01.jpg", b"jpeg")
        avatars.put(f"work/{job}/r1/order/order.json", b"{}")
        avatars.put(f"drawn/{job}/a01.png", b"png")
        avatars.put(f"avatars/{job}/a01/1024.png", b"png")

    found = leftovers.find(JOB, EVERYWHERE)

    assert [one.name for one in found] == [
        "uploads/p01",
        "photos/p01.jpg",
        "work/r1/order/order.json",
        "drawn/a01.png",
        "avatars/a01/1024.png",
    ]
    assert [one.name for one in leftovers.find(JOB, PHOTOS)] == ["uploads/p01", "photos/p01.jpg"]


def test_the_listing_includes_old_versions_delete_markers_and_parts(s3):
    leftovers = BucketLeftovers(s3, photos="photos", avatars="avatars")
    s3.put_bucket_versioning(Bucket="photos", VersioningConfiguration={"Status": "Enabled"})
    key = f"photos/{JOB}/p01.jpg"
    s3.put_object(Bucket="photos", Key=key, Body=b"one")
    s3.put_object(Bucket="photos", Key=key, Body=b"two")
    s3.delete_object(Bucket="photos", Key=key)
    s3.create_multipart_upload(Bucket="photos", Key=f"uploads/{JOB}/p02")

    found = leftovers.find(JOB, PHOTOS)

    assert [one.name for one in found] == ["uploads/p02", *["photos/p01.jpg"] * 3]
    assert len({one.etag for one in found}) == 4


@pytest.mark.parametrize("operation", ["ListObjectVersions", "ListMultipartUploads"])
def test_a_place_that_cannot_be_listed_is_not_reported_empty(s3, operation):
    fail(s3, operation, "AccessDenied", times=9, status=403)

    with pytest.raises(Denied, match=operation):
        BucketLeftovers(s3, photos="photos", avatars="avatars").find(JOB, EVERYWHERE)


# --- the sweep -------------------------------------------------------------------------------


def set_up(s3, **lifecycle):
    for bucket, days in (RULES.lifecycle | lifecycle).items():
        rules = [
            {
                "ID": f"rule-{n}",
                "Status": "Enabled",
                "Filter": {"Prefix": prefix},
                "Expiration": {"Days": after},
                "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
            }
            for n, (prefix, after) in enumerate(days.items())
        ]
        s3.put_bucket_lifecycle_configuration(
            Bucket=bucket, LifecycleConfiguration={"Rules": rules}
        )


@pytest.fixture
def sweeper(s3):
    set_up(s3)
    return BucketSweep(s3, photos="photos", avatars="avatars")


def test_deployed_buckets_match_the_expected_configuration(sweeper):
    assert sweeper.drift(RULES.lifecycle) == []


def test_a_bucket_that_is_or_was_versioned_is_reported(s3, sweeper):
    """A bucket that was ever versioned may contain old versions."""
    for status in ("Enabled", "Suspended"):
        s3.put_bucket_versioning(Bucket="photos", VersioningConfiguration={"Status": status})
        assert sweeper.drift(RULES.lifecycle) == [SweepFinding.VERSIONING]


def test_a_replicated_bucket_is_reported(s3, sweeper):
    for bucket in ("avatars", "photos"):
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    rule = {
        "Status": "Enabled",
        "Priority": 1,
        "DeleteMarkerReplication": {"Status": "Disabled"},
        "Filter": {"Prefix": ""},
        "Destination": {"Bucket": "arn:aws:s3:::photos"},
    }
    s3.put_bucket_replication(
        Bucket="avatars",
        ReplicationConfiguration={"Role": "arn:aws:iam::123456789012:role/x", "Rules": [rule]},
    )

    found = sweeper.drift(RULES.lifecycle)

    assert sorted(found) == [
        SweepFinding.REPLICATION,
        SweepFinding.VERSIONING,
        SweepFinding.VERSIONING,
    ]


@pytest.mark.parametrize("photos", [{"": 30}, {"uploads/": 1}, {"": 1, "more/": 9}])
def test_a_changed_lifecycle_is_reported(s3, sweeper, photos):
    set_up(s3, photos=photos)

    assert sweeper.drift(RULES.lifecycle) == [SweepFinding.LIFECYCLE]


def test_a_missing_lifecycle_is_reported(s3, sweeper):
    s3.delete_bucket_lifecycle(Bucket="avatars")

    assert sweeper.drift(RULES.lifecycle) == [SweepFinding.LIFECYCLE]


def test_a_day_later_a_sweep_finds_and_deletes_everything_old(s3, table, sweeper):
    """The clock advances by a day, so objects that moto just stored are overdue."""
    photos, avatars = MotoBucket(s3, "photos"), MotoBucket(s3, "avatars")
    photos.put(f"uploads/{JOB}/p01", b"raw")
    photos.put(f"photos/{JOB}/p01.jpg", b"jpeg")
    photos.put("strange", b"?")
    avatars.put(f"work/{JOB}/r1/output/model.tar.gz", b"weights")
    stored = s3.head_object(Bucket="photos", Key="strange")["LastModified"]
    clock = FakeClock(stored + timedelta(minutes=30))

    def sweep():
        return [
            sweep_range(
                RangeSweep(bucket=bucket, after="", up_to=None),
                buckets=sweeper,
                jobs=SweptJobsTable(table),
                metrics=FakeMetrics(),
                clock=clock,
                rules=RULES,
            )
            for bucket in ("photos", "avatars")
        ]

    assert [(one.seen, one.deleted) for one in sweep()] == [(3, 0), (1, 0)]
    clock.advance(timedelta(days=1))
    late = sweep()
    assert [one.findings for one in late] == [
        {SweepFinding.OVERDUE: 2, SweepFinding.STRANGER: 1},
        {SweepFinding.OVERDUE: 1},
    ]
    assert sum(one.deleted for one in late) == 4
    assert (photos.listing(), avatars.listing()) == ([], [])


PHOTOS_BUCKET = KeyRange(bucket="photos")


def test_a_sweep_deletes_unfinished_multipart_uploads(s3, sweeper):
    s3.create_multipart_upload(Bucket="photos", Key=f"uploads/{JOB}/p02")
    (there,) = sweeper.uploads(PHOTOS_BUCKET)
    assert there.upload

    assert sweeper.delete([there, there]) == 0

    assert list(sweeper.uploads(PHOTOS_BUCKET)) == []


def test_an_upload_is_in_the_range_of_its_key_only(s3, sweeper):
    for key in ("a", "b", "c"):
        s3.create_multipart_upload(Bucket="photos", Key=key)

    found = sweeper.uploads(KeyRange(bucket="photos", after="a", up_to="b"))

    assert [one.key for one in found] == ["b"]


def test_a_sweep_deletes_old_versions(s3, sweeper):
    s3.put_bucket_versioning(Bucket="photos", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket="photos", Key=f"photos/{JOB}/p01.jpg", Body=b"one")
    s3.delete_object(Bucket="photos", Key=f"photos/{JOB}/p01.jpg")

    page = sweeper.page(PHOTOS_BUCKET, None)
    assert len(page.objects) == 2
    assert not any(one.latest for one in page.objects if one.etag.startswith("marker"))
    assert sweeper.delete(page.objects) == 0

    assert sweeper.page(PHOTOS_BUCKET, None).objects == ()


def test_pages_of_a_range_have_every_version_once(s3, sweeper, monkeypatch):
    """A page may end between two versions of a key."""
    s3.put_bucket_versioning(Bucket="photos", VersioningConfiguration={"Status": "Enabled"})
    for key in ("a", "b", "b", "b", "c", "d"):
        s3.put_object(Bucket="photos", Key=key, Body=b"1")
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "2")
    within = KeyRange(bucket="photos", up_to="c")

    seen, after = [], None
    while True:
        page = sweeper.page(within, after)
        seen += [one.key for one in page.objects]
        after = page.last
        if after is None:
            break

    assert seen == ["a", "b", "b", "b", "c"]


def test_a_sweep_counts_what_it_may_not_delete_and_deletes_the_rest(s3, sweeper):
    """DeleteObjects answers 200, with an error for each key that it may not delete."""
    photos = MotoBucket(s3, "photos")
    photos.put("one", b"1")
    photos.put("two", b"2")
    s3.create_multipart_upload(Bucket="photos", Key="three")
    s3.put_bucket_policy(Bucket="photos", Policy=json.dumps(KEEP_ONE))
    fail(s3, "AbortMultipartUpload", "AccessDenied", times=1, status=403)
    there = [*sweeper.uploads(PHOTOS_BUCKET), *sweeper.page(PHOTOS_BUCKET, None).objects]

    assert sweeper.delete(there) == 2

    assert photos.listing() == ["one"]


KEEP_ONE = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["s3:DeleteObject", "s3:DeleteObjectVersion"],
            "Resource": "arn:aws:s3:::photos/one",
        }
    ],
}


def test_the_jobs_of_a_page_are_read_with_their_deletion_and_appeal(
    kind, request, tables, deletions
):
    """More of them than one request of BatchGetItem takes."""
    if kind == "fake":
        swept_jobs = FakeSweptJobs(tables.jobs, deletions, tables.appeals, FakeKnownCases())
    else:
        swept_jobs = SweptJobsTable(request.getfixturevalue("table"))
    tables.jobs.create(a_job(), [])
    deletions.save(Deletion(job_id=OTHER_JOB, state=DeletionState.HELD))
    appeal = Appeal(job_id=JOB, opened_at=NOW, photos=(AppealedPhoto(photo_id="p01"),))
    tables.appeals.save(appeal)
    unknown = [JobId(f"j{n:032x}") for n in range(3, 100)]

    found = swept_jobs.get([*unknown, JOB, OTHER_JOB])

    assert found[JOB] == SweptJob(job=tables.jobs.get(JOB), appeal=appeal)
    assert found[OTHER_JOB].deletion.forbids_deletion
    assert {one: SweptJob() for one in unknown}.items() <= found.items()


def test_the_end_of_a_hold_deletes_the_state_of_a_held_job_and_no_other(deletions):
    held = Deletion(job_id=JOB, state=DeletionState.HELD, preserved=True)
    deletions.save(held)
    assert deletions.get(JOB) == held
    pending = Deletion(job_id=OTHER_JOB, state=DeletionState.PENDING)
    deletions.save(pending)

    for job_id in (JOB, OTHER_JOB):
        deletions.end_hold(job_id)

    assert deletions.get(JOB) is None
    assert deletions.get(OTHER_JOB) == pending
