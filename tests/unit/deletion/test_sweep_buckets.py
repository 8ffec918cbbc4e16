"""The daily sweep: what it finds, deletes and reports."""

from datetime import timedelta

import pytest

from likeness.adapters.policy_files import load_retention
from likeness.domain.deletion.receipt import Deletion, DeletionState
from likeness.domain.deletion.retention import SweepFinding
from likeness.domain.jobs.job import JobState
from likeness.domain.review.appeal import Appeal, AppealedPhoto, AppealState
from likeness.ports.deletion import BucketObject
from likeness.services.deletion.sweep_buckets import sweep_buckets
from tests.alarms import rings
from tests.builders import JOB, NOW, OTHER_JOB, USER

RULES = load_retention()
HOUR = timedelta(hours=1)


def sweep(world):
    return sweep_buckets(
        buckets=world.buckets,
        jobs=world.jobs,
        deletions=world.deletions,
        appeals=world.appeals,
        metrics=world.metrics,
        clock=world.clock,
        rules=RULES,
    )


def lies(world, key, age, **more):
    bucket = "photos" if key.startswith(("uploads", "photos")) else "avatars"
    object_ = BucketObject(bucket=bucket, key=key, created_at=NOW - age, version="null", **more)
    world.buckets.stored.append(object_)


@pytest.mark.parametrize(
    ("key", "age", "job", "finding"),
    [
        (f"uploads/{JOB}/p01", 23 * HOUR, JobState.OPEN, None),
        (f"uploads/{JOB}/p01", 25 * HOUR, JobState.OPEN, SweepFinding.OVERDUE),
        (f"photos/{JOB}/p01.jpg", 25 * HOUR, JobState.GENERATING, SweepFinding.OVERDUE),
        (f"photos/{JOB}/p01.jpg", 2 * HOUR, JobState.GENERATING, None),
        (f"photos/{JOB}/p01.jpg", 2 * HOUR, JobState.COMPLETED, SweepFinding.ORPHAN),
        (f"photos/{JOB}/p01.jpg", HOUR / 2, JobState.COMPLETED, None),
        (f"work/{JOB}/r1/output/model.tar.gz", 2 * HOUR, JobState.COMPLETED, SweepFinding.ORPHAN),
        (f"drawn/{JOB}/a01.png", 2 * HOUR, JobState.FAILED, SweepFinding.ORPHAN),
        (f"avatars/{JOB}/a01/1024.png", 2 * HOUR, JobState.COMPLETED, None),
        (f"avatars/{JOB}/a01/1024.png", 31 * 24 * HOUR, JobState.COMPLETED, None),
        (f"avatars/{JOB}/a01/1024.png", 33 * 24 * HOUR, JobState.COMPLETED, SweepFinding.OVERDUE),
        (f"avatars/{JOB}/a01/1024.png", 2 * HOUR, JobState.CANCELLED, SweepFinding.ORPHAN),
        (f"photos/{OTHER_JOB}/p01.jpg", 2 * HOUR, JobState.OPEN, SweepFinding.ORPHAN),
        ("photos/unknown.jpg", 2 * HOUR, JobState.OPEN, SweepFinding.STRANGER),
        ("work/failures/of-sagemaker-error.out", 2 * HOUR, JobState.OPEN, None),
        ("work/failures/of-sagemaker-error.out", 25 * HOUR, JobState.OPEN, SweepFinding.OVERDUE),
        (f"elsewhere/{JOB}/p01.jpg", 2 * HOUR, JobState.OPEN, SweepFinding.STRANGER),
        ("photos/unknown.jpg", HOUR / 2, JobState.OPEN, None),
    ],
)
def test_overdue_and_unexpected_objects_are_found_and_deleted(world, key, age, job, finding):
    world.has(job)
    lies(world, key, age)

    swept = sweep(world)

    assert swept.findings == ({finding: 1} if finding else {})
    assert swept.deleted == len(swept.findings)
    assert bool(world.buckets.stored) is (finding is None)
    assert world.metrics.counted["SweepFindings"] == len(swept.findings)
    assert rings("sweep-findings", world.metrics) is (finding is not None)


def test_unfinished_multipart_uploads_and_old_versions_are_found(world):
    world.has(JobState.OPEN)
    lies(world, f"uploads/{JOB}/p01", 2 * HOUR, upload="upload-1")
    lies(world, f"uploads/{JOB}/p02", HOUR / 2, upload="upload-2")
    lies(world, f"photos/{JOB}/p01.jpg", HOUR / 2, latest=False)

    assert sweep(world).findings == {SweepFinding.PARTS: 1, SweepFinding.VERSIONS: 1}

    assert [object_.upload for object_ in world.buckets.stored] == ["upload-2"]


def test_objects_under_legal_hold_are_skipped(world):
    world.has(JobState.FAILED)
    world.deletions.save(Deletion(job_id=JOB, state=DeletionState.HELD))
    lies(world, f"photos/{JOB}/p01.jpg", 48 * HOUR)

    assert sweep(world).findings == {}

    assert world.buckets.stored


def test_what_is_left_of_a_job_whose_photos_are_preserved_is_deleted(world):
    """Copies are in the hold bucket, which the sweep does not list."""
    world.has(JobState.FAILED)
    world.deletions.save(Deletion(job_id=JOB, state=DeletionState.HELD, preserved=True))
    lies(world, f"photos/{JOB}/p01.jpg", 48 * HOUR)

    assert sweep(world).deleted == 1


@pytest.mark.parametrize(
    ("state", "finding"),
    [(AppealState.OPEN, None), (AppealState.IN_REVIEW, None), (AppealState.EXPIRED, "Orphan")],
)
def test_photos_of_an_open_appeal_are_not_leftovers(world, state, finding):
    world.has(JobState.REFUSED)
    awaited = (AppealedPhoto(photo_id="p01"),)
    world.appeals.save(Appeal(job_id=JOB, state=state, opened_at=NOW, photos=awaited))
    lies(world, f"photos/{JOB}/p01.jpg", 2 * HOUR)

    assert list(sweep(world).findings) == ([finding] if finding else [])


def test_an_open_appeal_of_a_completed_job_does_not_cost_its_avatars(world):
    """The user contests a photo that was left out."""
    world.has(JobState.COMPLETED)
    awaited = (AppealedPhoto(photo_id="p01"),)
    world.appeals.save(Appeal(job_id=JOB, opened_at=NOW, photos=awaited))
    lies(world, f"photos/{JOB}/p01.jpg", 2 * HOUR)
    lies(world, f"avatars/{JOB}/a01/1024.png", 2 * HOUR)

    assert sweep(world).findings == {}


def test_a_changed_bucket_configuration_is_reported(world):
    world.buckets.drifted = [SweepFinding.VERSIONING, SweepFinding.REPLICATION]

    swept = sweep(world)

    assert swept.findings == {SweepFinding.REPLICATION: 1, SweepFinding.VERSIONING: 1}
    assert world.metrics.counted["SweepVersioning"] == 1
    assert world.metrics.counted["SweepFindings"] == 2


def test_an_object_that_cannot_be_deleted_is_not_reported_deleted(world):
    lies(world, f"photos/{JOB}/p01.jpg", 2 * HOUR)
    world.buckets.locked = True

    swept = sweep(world)

    assert swept.findings == {SweepFinding.ORPHAN: 1, SweepFinding.UNDELETED: 1}
    assert swept.deleted == 0


def test_the_report_has_counts_and_no_names(world):
    world.has(JobState.COMPLETED)
    lies(world, f"photos/{JOB}/p01.jpg", 25 * HOUR)

    report = sweep(world).model_dump_json()

    assert JOB not in report
    assert USER not in report
    assert "photos/" not in report
