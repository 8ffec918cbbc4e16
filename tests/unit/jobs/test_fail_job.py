"""A job's failure: everything is stopped, deleted and settled, idempotently."""

from datetime import timedelta

import pytest

from likeness.contracts.jobs import JobError
from likeness.domain.account.quota import QuotaState
from likeness.domain.deletion.receipt import Deletion, DeletionState
from likeness.domain.errors import Conflict, NotFound, Unavailable
from likeness.domain.jobs.failure import FailureKind
from likeness.domain.jobs.job import ENDED, JobState
from likeness.domain.jobs.usage import of_photos
from likeness.domain.photos.photo import PhotoProblem
from likeness.domain.reasons import Reason
from likeness.domain.review.case import review_of
from likeness.domain.review.kinds import ReviewState
from likeness.domain.verdict import Outcome
from likeness.services.jobs import fail_job as service
from tests.builders import (
    JOB,
    NOW,
    TODAY,
    USER,
    a_photo,
    a_review,
    a_verdict,
    decided,
)

REVIEW = review_of(JOB)
NOT_RUNNING = ENDED | {JobState.OPEN, JobState.CANCELLING}
RUNNING = [state for state in JobState if state not in NOT_RUNNING]


def fail(world, error="States.TaskFailed"):
    return service.fail_job(
        JOB,
        error,
        jobs=world.jobs,
        reviews=world.reviews,
        ledger=world.ledger,
        generator=world.generator,
        keyed_hash=world.keyed_hash,
        deletion=world.deletion,
        clock=world.clock,
    )


def everywhere(world):
    """An object of the job in every place."""
    world.photos.upload(JOB, "p04", b"bytes")
    world.draws(1, 2)
    world.avatar_objects.put(f"drawn/{JOB}/a01.png", b"avatar")
    world.avatar_objects.put(f"avatars/{JOB}/a01/1024.png", b"avatar")


@pytest.mark.parametrize("state", RUNNING)
def test_a_system_failure_deletes_everything_and_returns_the_day(world, state):
    world.has(state)
    everywhere(world)

    assert fail(world).state is JobState.FAILED

    assert world.photo_objects.listing() == world.avatar_objects.listing() == []
    assert (world.job.state, world.job.reason) == (JobState.FAILED, Reason.SYSTEM_UNAVAILABLE)
    assert world.job.photos_deleted_at == NOW
    assert world.day is QuotaState.RETURNED
    assert world.ledger.entries(USER, TODAY)[0].reason is Reason.SYSTEM_UNAVAILABLE


def test_a_job_without_a_reserved_day_returns_none(world):
    world.has()

    assert fail(world).state is JobState.FAILED

    assert world.ledger.entries(USER, TODAY) == []


def test_photos_that_broke_a_rule_spend_the_day(world):
    refused = a_verdict(Outcome.REFUSED, Reason.POLICY_NUDITY)
    there = [a_photo(1, verdict=a_verdict()), a_photo(2, verdict=refused)]
    world.has(JobState.MODERATING, with_photos=there)

    assert fail(world, "Refused").state is JobState.REFUSED

    assert world.job.reason is Reason.POLICY_NUDITY
    assert world.day is QuotaState.SPENT


def test_a_moderators_refusal_is_the_jobs_reason(world):
    world.has(JobState.IN_REVIEW)
    world.reviews.open(a_review(), "token")
    world.reviews.save(decided(a_review(), Reason.RIGHTS_CELEBRITY))

    assert fail(world, "Refused").state is JobState.REFUSED

    assert world.job.reason is Reason.RIGHTS_CELEBRITY
    assert world.day is QuotaState.SPENT


def test_a_refusal_without_a_reason_is_a_system_failure(world):
    """A user is never refused without a reason."""
    world.has(JobState.MODERATING)

    assert fail(world, "Refused").state is JobState.FAILED

    assert world.job.reason is Reason.SYSTEM_UNAVAILABLE
    assert world.day is QuotaState.RETURNED


def test_an_end_without_avatars_returns_the_day(world):
    world.has(JobState.FINISHING)

    assert fail(world, "NoAvatars").state is JobState.FAILED

    assert world.job.reason is Reason.SYSTEM_TOO_FEW_AVATARS
    assert world.day is QuotaState.RETURNED


def test_an_undecided_review_expires_with_its_job(world):
    world.has(JobState.IN_REVIEW)
    world.reviews.open(a_review(), "token")

    assert fail(world, "States.Timeout").state is JobState.EXPIRED

    assert world.reviews.get(REVIEW).state is ReviewState.EXPIRED
    assert list(world.reviews.waiting()) == []
    assert world.job.reason is Reason.SYSTEM_REVIEW_EXPIRED
    assert world.day is QuotaState.RETURNED


@pytest.mark.parametrize("state", [JobState.MODERATING, JobState.IN_REVIEW])
@pytest.mark.parametrize("error", ["States.TaskFailed", "States.Timeout"])
def test_the_reviews_of_an_ended_job_are_closed(world, state, error):
    """Its photos are deleted: there is nothing to decide."""
    world.has(state)
    world.reviews.open(a_review(), "token")

    fail(world, error)

    assert list(world.reviews.waiting()) == []


def test_a_decision_at_the_deadline_stays_in_the_review(world):
    world.has(JobState.IN_REVIEW)
    world.reviews.open(a_review(), "token")
    approved = decided(a_review())
    world.reviews.save(approved)

    fail(world, "States.Timeout")

    assert world.reviews.get(REVIEW) == approved


def test_gpu_work_is_stopped_in_every_attempt(world):
    world.has(JobState.GENERATING, attempt=2)
    world.generator.running |= {(JOB, 1), (JOB, 2)}

    fail(world)

    assert not world.generator.running


def test_nothing_is_deleted_while_the_container_may_still_write(world):
    world.has(JobState.GENERATING)
    everywhere(world)
    world.generator.running.add((JOB, 1))
    world.generator.stopping = True

    with pytest.raises(Unavailable):
        fail(world)

    assert world.avatar_objects.listing()
    assert not world.job.ended

    world.generator.stopping = False
    assert fail(world).state is JobState.FAILED
    assert world.avatar_objects.listing() == []


@pytest.mark.parametrize("bucket", ["photo_objects", "avatar_objects"])
def test_a_job_whose_objects_cannot_be_deleted_ends_with_a_pending_deletion(world, bucket):
    """The user gets the day back, and the deletion is not reported as done."""
    world.has(JobState.GENERATING)
    everywhere(world)
    getattr(world, bucket).locked = True

    assert fail(world).state is JobState.FAILED

    assert world.job.photos_deleted_at is None
    assert world.deletions.get(JOB).state is DeletionState.PENDING
    assert world.metrics.counted["DeletionPending"] == 1
    assert world.day is QuotaState.RETURNED


def test_objects_under_legal_hold_are_not_deleted(world):
    world.has(JobState.GENERATING)
    everywhere(world)
    world.deletions.save(Deletion(job_id=JOB, state=DeletionState.HELD))
    before = world.photo_objects.listing()

    assert fail(world).state is JobState.FAILED

    assert world.photo_objects.listing() == before
    assert world.job.photos_deleted_at is None
    assert not world.metrics.counted


def test_deleted_objects_are_recorded_for_the_receipt(world):
    world.has(JobState.GENERATING)
    everywhere(world)

    fail(world)

    noted = world.deletions.objects(JOB)
    assert {one.name for one in noted} >= {"uploads/p04", "photos/p01.jpg", "drawn/a01.png"}
    assert all(one.deleted_at == NOW for one in noted)


@pytest.mark.parametrize(
    ("state", "end", "reason"),
    [
        (JobState.OPEN, JobState.EXPIRED, Reason.SYSTEM_NOT_SUBMITTED),
        (JobState.IN_REVIEW, JobState.EXPIRED, Reason.SYSTEM_REVIEW_EXPIRED),
        (JobState.GENERATING, JobState.FAILED, Reason.SYSTEM_UNAVAILABLE),
        (JobState.CANCELLING, JobState.CANCELLED, Reason.SYSTEM_CANCELLED),
    ],
)
def test_a_deadline_ends_a_job_according_to_its_state(world, state, end, reason):
    world.has(state)
    if state is JobState.IN_REVIEW:
        world.reviews.open(a_review(), "token")

    assert fail(world, JobError.DEADLINE).state is end

    assert world.job.reason is reason


def test_photos_deleted_earlier_keep_their_deletion_time(world):
    earlier = NOW - timedelta(minutes=3)
    world.has(JobState.FINISHING, photos_deleted_at=earlier)

    fail(world)

    assert world.job.photos_deleted_at == earlier


def test_failing_a_job_is_idempotent(world):
    world.has(JobState.GENERATING)
    first = fail(world)
    ended = world.job

    assert fail(world, "Refused") == first

    assert world.job == ended


@pytest.mark.parametrize("state", sorted(ENDED))
def test_an_ended_job_is_not_changed(world, state):
    world.has(state)
    before = world.job

    assert fail(world).state is state

    assert world.job == before


def test_day_and_job_are_settled_in_one_transaction(world, monkeypatch):
    world.has(JobState.GENERATING)

    def lose(*_, **__):
        raise Unavailable("no answer")

    monkeypatch.setattr(world.ledger, "settle", lose)
    with pytest.raises(Unavailable):
        fail(world)
    monkeypatch.undo()
    assert (world.day, world.job.state) == (QuotaState.RESERVED, JobState.GENERATING)

    assert fail(world).state is JobState.FAILED

    assert len(world.ledger.entries(USER, TODAY)) == 1


@pytest.mark.parametrize("error", ["Cancelled", "States.TaskFailed", "Conflict", "Refused"])
def test_a_job_being_cancelled_ends_as_cancelled_for_any_error(world, error):
    world.has(JobState.CANCELLING)
    everywhere(world)

    assert fail(world, error).state is JobState.CANCELLED

    assert world.photo_objects.listing() == world.avatar_objects.listing() == []
    assert (world.job.reason, world.job.failure) == (Reason.SYSTEM_CANCELLED, None)
    assert world.day is QuotaState.RETURNED


def test_a_job_that_was_not_submitted_expires(world):
    world.has()
    everywhere(world)

    for _ in range(2):  # a repeated step too continues to the proof of deletion
        result = fail(world, JobError.NOT_SUBMITTED)
        assert (result.state, result.late) == (JobState.EXPIRED, False)

    assert world.photo_objects.listing() == world.avatar_objects.listing() == []
    assert world.job.reason is Reason.SYSTEM_NOT_SUBMITTED
    assert world.ledger.entries(USER, TODAY) == []


@pytest.mark.parametrize("state", [state for state in JobState if state is not JobState.OPEN])
def test_the_timer_of_a_submitted_job_changes_nothing(world, state):
    world.has(state)
    before = world.job

    result = fail(world, JobError.NOT_SUBMITTED)

    assert (result.state, result.late) == (state, True)
    assert world.job == before


@pytest.mark.parametrize(
    ("state", "error", "kind"),
    [
        (JobState.GENERATING, "GenerationFailed", FailureKind.GPU),
        (JobState.GENERATING, "CapacityError", FailureKind.CAPACITY),
        (JobState.GENERATING, "CapacityTimeout", FailureKind.CAPACITY),
        (JobState.MODERATING, "DetectorTimeout", FailureKind.MODERATION),
        (JobState.FINISHING, "UnknownDetector", FailureKind.MODERATION),
        (JobState.GENERATING, "States.Timeout", FailureKind.TIMEOUT),
        (JobState.FINISHING, "NoAvatars", FailureKind.GPU),
        (JobState.FINISHING, "Denied", FailureKind.INTERNAL),
        (JobState.MODERATING, "States.TaskFailed", FailureKind.INTERNAL),
    ],
)
def test_a_failed_job_has_its_failure_kind(world, state, error, kind):
    world.has(state)

    fail(world, error)

    assert (world.job.state, world.job.failure) == (JobState.FAILED, kind)


def test_a_job_that_changed_since_it_was_read_is_read_again(world, monkeypatch):
    world.has(JobState.GENERATING)
    seen = world.job
    world.jobs.save(seen.move(JobState.FINISHING, NOW))
    monkeypatch.setattr(world.jobs, "get", lambda _: seen)

    with pytest.raises(Conflict):
        fail(world)
    monkeypatch.undo()

    assert fail(world).state is JobState.FAILED


def test_other_jobs_are_left_alone(world):
    world.has(JobState.GENERATING)
    world.photo_objects.put("photos/j2/p01.jpg", b"theirs")
    world.avatar_objects.put("avatars/j2/a01/1024.png", b"theirs")

    fail(world)

    assert world.photo_objects.listing() == ["photos/j2/p01.jpg"]
    assert world.avatar_objects.listing() == ["avatars/j2/a01/1024.png"]


def test_an_unknown_job_is_not_found(world):
    with pytest.raises(NotFound):
        fail(world)


def test_a_job_that_drew_nothing_has_what_its_photos_used(world):
    world.has(JobState.MODERATING)
    images = of_photos(world.jobs.photos(JOB)).detector_images

    fail(world)

    assert images > 0
    assert (world.job.usage.detector_images, world.job.usage.container_s) == (images, 0)


def test_a_photo_that_cannot_be_decoded_is_not_charged():
    refused = PhotoProblem(reason=Reason.FILE_CORRUPT), PhotoProblem(reason=Reason.SUBJECT_NO_FACE)
    photos = [a_photo(n).refused(problem, NOW) for n, problem in enumerate(refused, start=1)]

    assert of_photos([*photos, a_photo(3, inspected_at=None)]).detector_images == 1
