"""The daily sweep: what it finds, deletes and reports."""

from datetime import timedelta

import pytest

from likeness.adapters.policy_files import load_retention
from likeness.contracts.sweep import RangeSweep, ReportSweepInput, SweptRange
from likeness.domain.deletion.key_ranges import DIGITS, FOLDERS, ranges_of
from likeness.domain.deletion.receipt import Deletion, DeletionState
from likeness.domain.deletion.retention import SweepFinding
from likeness.domain.errors import Unavailable
from likeness.domain.jobs.job import JobState
from likeness.domain.review.appeal import Appeal, AppealedPhoto, AppealState
from likeness.domain.review.known_case import CaseContext, KnownCase
from likeness.ports.deletion import BucketObject
from likeness.services.deletion.plan_sweep import plan_sweep
from likeness.services.deletion.report_sweep import report_sweep
from likeness.services.deletion.sweep_range import PATIENCE, sweep_range
from tests.alarms import goes_off
from tests.builders import JOB, NOW, OTHER_JOB, USER, a_review

RULES = load_retention()
HOUR = timedelta(hours=1)


def whole(bucket="photos", **more):
    return RangeSweep(bucket=bucket, after="", up_to=None, **more)


def sweep_on(world, begun):
    return sweep_range(
        begun,
        buckets=world.buckets,
        jobs=world.swept_jobs,
        metrics=world.metrics,
        clock=world.clock,
        rules=RULES,
    )


def sweep(world):
    """Both buckets, each as one range."""
    plan = plan_sweep(buckets=world.buckets, metrics=world.metrics, clock=world.clock, rules=RULES)
    swept = [sweep_on(world, whole(bucket)) for bucket in FOLDERS]
    assert all(one.done for one in swept)
    counts = tuple(
        SweptRange(seen=one.seen, deleted=one.deleted, findings=one.findings) for one in swept
    )
    given = ReportSweepInput(ranges=counts, findings=plan.findings)
    return report_sweep(given, clock=world.clock, rules=RULES)


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
    assert goes_off("sweep-findings", world.metrics) is (finding is not None)


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


@pytest.mark.parametrize(("over", "finding"), [(False, None), (True, "Orphan")])
def test_photos_of_a_known_case_that_is_not_over_are_not_leftovers(world, over, finding):
    """It has no job."""
    world.known_cases.save(
        KnownCase(
            name="set-1",
            job_id=OTHER_JOB,
            prepared_at=NOW,
            review=a_review(),
            photos=(),
            answer=(),
            context=CaseContext(),
            over=over,
        )
    )
    lies(world, f"photos/{OTHER_JOB}/p01.jpg", 2 * HOUR)

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


# --- the plan --------------------------------------------------------------------------------


def covers(ranges, bucket, key):
    return sum(
        one.bucket == bucket and one.after < key and (one.up_to is None or key <= one.up_to)
        for one in ranges
    )


KEYS = (
    *(f"{folder}/j{digit}{'7' * 31}/p01" for folder in ("uploads", "work") for digit in DIGITS),
    *(
        "!",
        "strange",
        "avatars",
        "avatars/",
        "avatars/J1/x",
        "avatars/jobs",
        "avatars/kk",
        "drawn/z",
    ),
    *("work/failures/1.out", "work/j0", "photos/j0", "uploads/j" + "f" * 32, "zzz", "\U0001f600"),
)


@pytest.mark.parametrize("bucket", FOLDERS)
@pytest.mark.parametrize("key", KEYS)
def test_every_key_but_a_published_avatars_is_in_one_range(bucket, key):
    assert covers(ranges_of(NOW), bucket, key) == (key != "avatars/jobs" or bucket == "photos")


def test_every_published_avatar_is_in_a_range_once_in_sixteen_days():
    days = [NOW + timedelta(days=n) for n in range(16)]
    for digit in DIGITS:
        key = f"avatars/j{digit}{'7' * 31}/a01/1024.png"
        assert sum(covers(ranges_of(day), "avatars", key) for day in days) == 1


def test_the_plan_and_the_results_fit_into_the_data_of_a_state(world):
    """256 KiB ("Quotas", Step Functions Developer Guide). The larger is what ReportSweep gets."""
    plan = plan_sweep(buckets=world.buckets, metrics=world.metrics, clock=world.clock, rules=RULES)
    findings = dict.fromkeys(SweepFinding, 10**9)
    swept = SweptRange(seen=10**9, deleted=10**9, findings=findings, error="e" * 256)
    given = ReportSweepInput(ranges=(swept,) * len(plan.ranges), findings=findings)

    assert len(plan.model_dump_json()) + len(given.model_dump_json()) < 256 * 1024


# --- one range, page by page -----------------------------------------------------------------


def test_a_call_that_runs_out_of_time_returns_where_the_next_goes_on(world):
    world.buckets.page_size = 2
    for n in range(5):
        lies(world, f"photos/{JOB}/p{n}.jpg", 2 * HOUR)
    slow = world.buckets.page

    def page(within, after):
        world.clock.advance(PATIENCE / 2 + timedelta(seconds=1))
        return slow(within, after)

    world.buckets.page = page
    first = sweep_on(world, whole())
    second = sweep_on(world, first)

    assert (first.done, first.seen, first.deleted) == (False, 4, 4)
    assert first.key == f"photos/{JOB}/p3.jpg"
    assert (second.done, second.seen, second.findings) == (True, 5, {SweepFinding.ORPHAN: 5})
    assert not world.buckets.stored


def test_a_call_that_dies_has_deleted_and_counted_what_it_saw(world):
    world.buckets.page_size = 2
    for n in range(6):
        lies(world, f"photos/{JOB}/p{n}.jpg", 2 * HOUR)
    world.buckets.dies_after = 2

    with pytest.raises(Unavailable):
        sweep_on(world, whole())

    assert len(world.buckets.stored) == 2
    assert world.metrics.counted["SweepFindings"] == 4
    world.buckets.dies_after = None
    assert sweep_on(world, whole()).deleted == 2
    assert world.metrics.counted["SweepFindings"] == 6


def test_a_range_that_was_not_swept_to_its_end_is_reported(world):
    ranges = (SweptRange(seen=3), SweptRange(seen=1, deleted=1, error="Unavailable"))
    given = ReportSweepInput(ranges=ranges, findings={})

    report = report_sweep(given, clock=world.clock, rules=RULES)

    assert (report.seen, report.deleted, report.unfinished) == (4, 1, 1)
