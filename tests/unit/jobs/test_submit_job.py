"""Submitting: enough accepted photos, one reserved day, one start."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from likeness.contracts.jobs import JobError
from likeness.domain.account.quota import QuotaState
from likeness.domain.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotEnoughPhotos,
    NotFound,
    OverQuota,
    PhotosBeingChecked,
    TooManyPhotos,
    Unavailable,
    UserBlocked,
)
from likeness.domain.jobs.job import JobState
from likeness.domain.photos.photo import PhotoState
from likeness.domain.reasons import Reason
from likeness.domain.review.hold import HoldTrigger
from likeness.services.jobs.submit_job import submit_job
from likeness.services.photos.lost_uploads import EVENT_WITHIN, INSPECTION_ENDS_WITHIN
from tests.builders import (
    JOB,
    MIDNIGHT,
    NOW,
    OTHER_JOB,
    TODAY,
    USER,
    a_job,
    a_photo,
    photos,
    plus,
    tiers,
)


def submit(world, job_id=JOB, **lite):
    return submit_job(
        job_id,
        backend="training-job",
        jobs=world.jobs,
        users=world.users,
        ledger=world.ledger,
        holds=world.holds,
        photos=world.photos,
        inspections=world.inspections,
        workflow=world.workflow,
        timers=world.timers,
        operating_state=world.operating_state,
        clock=world.clock,
        tiers=tiers(**lite),
    )


def test_the_day_is_reserved_and_the_state_machine_starts(world):
    world.has()

    submitted = submit(world)

    assert submitted.state is world.job.state is JobState.MODERATING
    assert world.job.day == TODAY
    assert world.day is QuotaState.RESERVED
    assert world.workflow.starts == [JOB]


def test_a_user_whom_a_hold_blocks_submits_no_job_that_was_open_before(world):
    world.has()
    world.has(JobState.IN_REVIEW, job_id=OTHER_JOB)
    world.holding.begin(OTHER_JOB, HoldTrigger.MODERATOR, by="lead", suspected=[])

    with pytest.raises(UserBlocked):
        submit(world)

    assert world.job.state is JobState.OPEN
    assert world.workflow.starts == []


def test_submitting_is_idempotent(world):
    world.has()

    assert submit(world) == submit(world)

    assert world.workflow.starts == [JOB]
    assert len(world.ledger.entries(USER, TODAY)) == 1


@pytest.mark.parametrize("down", [False, True])
def test_the_timer_of_a_submitted_job_is_deleted_if_possible(world, down):
    world.has()
    world.timers.end_at(JOB, JobError.NOT_SUBMITTED, when=NOW)
    world.timers.down = down

    submit(world)

    assert world.workflow.starts == [JOB]
    assert bool(world.timers.set) is down


def test_a_lost_start_is_repeated(world, monkeypatch):
    world.has()

    def lose(_, **__):
        raise Unavailable("no answer")

    monkeypatch.setattr(world.workflow, "start", lose)
    with pytest.raises(Unavailable):
        submit(world)
    monkeypatch.undo()
    assert world.job.state is JobState.MODERATING

    submit(world)

    assert world.workflow.starts == [JOB]
    assert len(world.ledger.entries(USER, TODAY)) == 1


@pytest.mark.parametrize(
    ("count", "error"), [(0, NotEnoughPhotos), (2, NotEnoughPhotos), (11, TooManyPhotos)]
)
def test_too_few_and_too_many_photos_are_refused(world, count, error):
    world.has(with_photos=photos(count))

    with pytest.raises(error, match=f"{count} photos were accepted"):
        submit(world)

    assert world.job.state is JobState.OPEN
    assert world.workflow.starts == []


@pytest.mark.parametrize("count", [3, 10])
def test_the_bounds_are_allowed(world, count):
    world.has(with_photos=photos(count))

    assert submit(world)


def test_refused_and_missing_photos_do_not_count(world):
    world.has(
        with_photos=[
            *photos(2),
            a_photo(3, state=PhotoState.REFUSED),
            a_photo(4, state=PhotoState.AWAITED),
        ]
    )

    with pytest.raises(NotEnoughPhotos, match="2 photos were accepted"):
        submit(world)


def test_a_photo_that_was_never_uploaded_does_not_block_submitting(world):
    world.has(with_photos=[*photos(3), a_photo(4, state=PhotoState.AWAITED)])

    assert submit(world)


def submits(world, times=8):
    """Submits while photos are being checked; returns the ids that the errors name."""
    named = set()
    for _ in range(times):
        with pytest.raises(PhotosBeingChecked) as refused:
            submit(world)
        named |= set(re.findall(r"p\d\d", str(refused.value)))
    assert world.job.state is JobState.OPEN
    return named


@pytest.mark.parametrize("lost", [False, True])
def test_eight_submits_of_four_photos_start_four_checks(world, lost):
    """While the events are on their way none is requested; where they were lost, four are."""
    ids = ["p01", "p02", "p03", "p04"]
    world.has(with_photos=photos(4, state=PhotoState.AWAITED))
    for photo_id in ids:
        world.photos.upload(JOB, photo_id, f"bytes of {photo_id}".encode())
    if lost:
        world.clock.advance(EVENT_WITHIN)

    assert submits(world) == set(ids)

    assert [upload.photo_id for _, upload in world.inspections.requested] == (ids if lost else [])
    assert {photo.state for photo in world.jobs.photos(JOB)} == {
        PhotoState.CHECKING if lost else PhotoState.AWAITED
    }


def test_a_photo_that_is_being_checked_is_not_checked_again(world):
    world.has(with_photos=[*photos(3), a_photo(4, state=PhotoState.CHECKING)])
    world.photos.upload(JOB, "p04", b"bytes")

    assert submits(world) == {"p04"}

    assert world.inspections.requested == []


def test_an_accepted_photo_whose_inspection_compares_it_with_the_others_is_waited_for(world):
    """The upload is deleted last; that of an inspection that died does not block for ever."""
    world.has(with_photos=[*photos(3), a_photo(4, inspected_at=NOW)])
    world.photos.upload(JOB, "p04", b"bytes")

    assert submits(world) == {"p04"}

    world.clock.advance(INSPECTION_ENDS_WITHIN)
    assert submit(world)
    assert world.inspections.requested == []


def test_a_job_past_its_submit_limit_is_not_submitted(world):
    world.has()
    world.clock.set(world.job.submit_by)

    with pytest.raises(Conflict, match="had to be submitted"):
        submit(world)

    assert world.ledger.entries(USER, TODAY) == []


@pytest.mark.parametrize(
    "state",
    [
        JobState.CANCELLING,
        JobState.COMPLETED,
        JobState.REFUSED,
        JobState.CANCELLED,
        JobState.EXPIRED,
        JobState.FAILED,
    ],
)
def test_an_ended_job_is_not_started_again(world, state):
    world.has(state)

    with pytest.raises(Conflict, match=state):
        submit(world)

    assert world.workflow.starts == []


def test_a_second_job_of_the_day_gets_the_start_of_the_next_day(world):
    world.has()
    world.has(job_id=OTHER_JOB, with_photos=photos(3, job_id=OTHER_JOB))
    submit(world)

    with pytest.raises(
        OverQuota, match="a job of today is running.*2026-11-22T23:00:00"
    ) as refused:
        submit(world, OTHER_JOB)

    assert refused.value.reason is Reason.QUOTA_JOB_RUNNING
    assert refused.value.details == {"job_id": JOB, "next_day_begins_at": MIDNIGHT}
    assert refused.value.retry_after_s == (MIDNIGHT - NOW).total_seconds()

    assert world.jobs.get(OTHER_JOB).state is JobState.OPEN
    assert world.workflow.starts == [JOB]


def test_two_submits_around_midnight_reserve_one_day(world):
    """One at 23:59:59 and one at 00:00:01 in Berlin, of the same job."""
    world.has(submit_by=NOW + timedelta(days=1))
    world.clock.set(datetime(2026, 11, 22, 22, 59, 59, tzinfo=UTC))
    submit(world)
    world.clock.advance(timedelta(seconds=2))

    submit(world)

    assert world.job.day == TODAY
    assert world.ledger.entries(USER, "2026-11-23") == []


def test_the_reserved_day_is_that_of_the_submit(world):
    world.has(submit_by=NOW + timedelta(days=1))
    world.clock.set(datetime(2026, 11, 22, 23, 0, tzinfo=UTC))  # midnight in Berlin

    submit(world)

    assert world.job.day == "2026-11-23"


def overtaken(world, monkeypatch, by):
    """The job's next version is stored between the read and the reservation."""
    reserve = world.ledger.reserve

    def late(job, **rest):
        monkeypatch.undo()
        by(reserve)
        reserve(job, **rest)

    monkeypatch.setattr(world.ledger, "reserve", late)


def test_a_submit_after_a_concurrent_submit_returns_the_same(world, monkeypatch):
    world.has()
    first = a_job().move(
        JobState.MODERATING, NOW - timedelta(seconds=1), day=TODAY, day_ends_at=MIDNIGHT
    )
    overtaken(world, monkeypatch, lambda reserve: reserve(first, limit=1, now=NOW))

    assert submit(world).state is JobState.MODERATING

    assert world.job == first
    assert world.workflow.starts == [JOB]


def test_a_submit_after_a_concurrent_cancellation_starts_nothing(world, monkeypatch):
    world.has()
    cancelling = a_job().move(JobState.CANCELLING, NOW)
    overtaken(world, monkeypatch, lambda _: world.jobs.save(cancelling))

    with pytest.raises(Conflict):
        submit(world)

    assert world.workflow.starts == []
    assert world.ledger.entries(USER, TODAY) == []


def test_a_submit_retries_after_another_change_of_the_open_job(world, monkeypatch):
    world.has()
    overtaken(world, monkeypatch, lambda _: world.jobs.save(a_job().change(seed=8)))

    with pytest.raises(Conflict):
        submit(world)

    assert submit(world).state is JobState.MODERATING


def test_the_tier_and_the_backend_are_fixed_at_submit(world):
    world.has()
    world.entitle(plus())

    submit(world)
    world.entitle(plus(effective_at=NOW, expires_at=NOW))

    assert (world.job.tier, world.job.backend) == ("plus", "training-job")


def test_plus_that_expired_before_the_submit_counts_as_lite(world):
    world.has(tier="plus", avatars=30)

    with pytest.raises(Invalid, match="allows 10"):
        submit(world, avatars_a_job=10)

    assert world.job.state is JobState.OPEN


def test_a_tier_closed_before_the_submit_refuses_it(world):
    world.has()

    with pytest.raises(Forbidden):
        submit(world, open=False)


def test_a_user_who_is_being_erased_cannot_submit(world):
    world.has()
    world.users.change(USER, erasing="e" + "0" * 32)

    with pytest.raises(Conflict, match="erased"):
        submit(world)

    assert world.ledger.entries(USER, TODAY) == []


def test_an_unknown_job_is_not_found(world):
    with pytest.raises(NotFound):
        submit(world)
