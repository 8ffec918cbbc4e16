"""Creating a job: the checks before any upload."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from likeness.api.jobs import StoredJob
from likeness.contracts.jobs import JobError
from likeness.domain.account.consent import consent_versions
from likeness.domain.account.quota import QuotaState, ReservedDay, UserZone
from likeness.domain.account.user import MAX_OPEN_JOBS
from likeness.domain.errors import (
    Conflict,
    ConsentNotInForce,
    Invalid,
    NotFound,
    OverQuota,
    TierClosed,
    TooManyOpenJobs,
    Unavailable,
    UnknownStyle,
)
from likeness.domain.ids import UserId
from likeness.domain.jobs.job import JobState
from likeness.domain.photos.photo import PhotoState
from likeness.domain.reasons import Reason
from likeness.services.jobs.create_job import Terms, create_job, create_job_again
from tests.builders import (
    JOB,
    MIDNIGHT,
    NOW,
    TODAY,
    USER,
    a_job,
    a_photo,
    a_style,
    a_tier,
    an_assurance,
    an_order,
    ended,
    plus,
    styles,
    tiers,
)


def create(world, request=None, **terms):
    return create_job(
        request or an_order(),
        jobs=world.jobs,
        users=world.users,
        ledger=world.ledger,
        holds=world.holds,
        photos=world.photos,
        timers=world.timers,
        deadlines=world.deadlines,
        keyed_hash=world.keyed_hash,
        operating_state=world.operating_state,
        clock=world.clock,
        terms=Terms(
            **{
                "styles": styles(),
                "tiers": tiers(),
                "consent_versions": consent_versions(["2026-11", "2026-11-20", "2026-12"]),
                "submit_within": timedelta(hours=1),
                "deadline": timedelta(hours=23),
            }
            | terms
        ),
    )


def test_a_job_is_opened_with_a_presigned_post_for_each_photo(world):
    created = create(world, an_order(photos=[{"content_type": "image/heic"}] * 4))

    job = world.jobs.get(created.job_id)
    assert (job.state, job.user_id, job.tier, job.day) == (JobState.OPEN, USER, "lite", None)
    assert [post.photo_id for post in created.uploads] == [
        "p01",
        "p02",
        "p03",
        "p04",
    ]
    assert {post.fields["Content-Type"] for post in created.uploads} == {"image/heic"}
    there = world.jobs.photos(created.job_id)
    assert [photo.photo_id for photo in there] == [post.photo_id for post in created.uploads]
    assert {photo.state for photo in there} == {PhotoState.AWAITED}


def test_the_response_has_the_time_limit_for_submitting(world):
    created = create(world, submit_within=timedelta(minutes=30))

    assert created.submit_by == NOW + timedelta(minutes=30)
    assert world.jobs.get(created.job_id).submit_by == created.submit_by


def test_consent_is_stored_with_version_and_time(world):
    created = create(world)

    assert world.jobs.get(created.job_id).consent == an_order().consent


def test_metadata_is_stored_with_the_job(world):
    created = create(world, an_order(metadata={"order": "2026-1187"}))

    assert world.jobs.get(created.job_id).metadata == {"order": "2026-1187"}


@pytest.mark.parametrize(
    "metadata",
    [
        {f"k{n}": "" for n in range(21)},
        {"": "no name"},
        {"k" * 41: ""},
        {"two words": ""},
        {"key": "v" * 501},
        {"key": "two\nlines"},
        {"key": 1},
        {"key": None},
        {"key": {"nested": ""}},
    ],
    ids=str,
)
def test_metadata_is_bounded(metadata):
    with pytest.raises(ValidationError) as refused:
        an_order(metadata=metadata)

    assert "two\nlines" not in str(refused.value)


def test_no_day_is_reserved_before_the_job_is_submitted(world):
    create(world)

    assert world.ledger.entries(USER, TODAY) == []


def test_every_job_has_its_own_id_and_seed(world):
    jobs = [world.jobs.get(create(world).job_id) for _ in range(5)]

    assert len({job.job_id for job in jobs}) == 5
    assert len({job.seed for job in jobs}) == 5


@pytest.mark.parametrize(
    ("request_", "policy", "error", "says"),
    [
        (
            {"consent": {"version": "2020-01", "accepted_at": NOW}},
            {},
            ConsentNotInForce,
            "2026-11-20, 2026-11$",
        ),
        (
            {"consent": {"version": "2026-12", "accepted_at": NOW}},
            {},
            ConsentNotInForce,
            "not in force",
        ),
        (
            {"consent": {"version": "2026-11-20", "accepted_at": "2026-11-19T23:59:59Z"}},
            {},
            Invalid,
            "before version",
        ),
        (
            {"consent": {"version": "2026-11", "accepted_at": NOW + timedelta(hours=1)}},
            {},
            Invalid,
            "future",
        ),
        (
            {"age_assurance": an_assurance(checked_at=NOW + timedelta(hours=1))},
            {},
            Invalid,
            "age_assurance.checked_at is in the future",
        ),
        ({"time_zone": "Mars/Olympus"}, {}, Invalid, "Europe/Berlin"),
        ({"time_zone": "../../etc/passwd"}, {}, Invalid, "IANA"),
        ({}, {"tiers": tiers(open=False)}, TierClosed, "lite"),
        ({"styles": ["comic", "nonesuch"]}, {}, UnknownStyle, "nonesuch"),
        (
            {"styles": ["comic"]},
            {"styles": {"comic": a_style(withdrawn=True)}},
            Invalid,
            "withdrawn",
        ),
        ({"styles": ["comic", "comic"]}, {}, Invalid, "differ"),
        ({}, {"tiers": tiers(styles_a_job=1)}, Invalid, "allows 1"),
        ({"avatars": 30}, {"tiers": tiers(avatars_a_job=10)}, Invalid, "allows 10"),
        ({"avatars": 1}, {}, Invalid, "1 avatars for 2 styles"),
        ({}, {"tiers": tiers(jobs_a_day=0)}, OverQuota, "next day"),
    ],
)
def test_an_invalid_order_is_refused_and_stores_nothing(world, request_, policy, error, says):
    with pytest.raises(error, match=says):
        create(world, an_order(**request_), **policy)

    assert world.jobs.jobs == {}


def test_an_age_assurance_is_stored_as_the_app_sent_it(world):
    created = create(world, an_order(age_assurance=an_assurance()))

    assert world.jobs.get(created.job_id).age_assurance == an_assurance()
    assert world.jobs.get(create(world).job_id).age_assurance is None


def test_a_consent_time_slightly_in_the_future_is_accepted(world):
    consent = {"version": "2026-11", "accepted_at": NOW + timedelta(minutes=5)}

    assert create(world, an_order(consent=consent))


def test_a_used_day_is_refused_before_any_upload(world):
    world.has(JobState.MODERATING)

    with pytest.raises(OverQuota, match="a job of today is running") as refused:
        create(world)

    assert refused.value.reason is Reason.QUOTA_JOB_RUNNING
    assert refused.value.details == {"job_id": JOB, "next_day_begins_at": MIDNIGHT}


def test_a_day_that_a_job_spent_names_that_job(world):
    job = world.has(JobState.MODERATING)
    world.ledger.settle(ended(job), QuotaState.SPENT, now=NOW)

    with pytest.raises(OverQuota, match="quota is used") as refused:
        create(world)

    assert refused.value.reason is Reason.QUOTA_DAY_USED
    assert refused.value.details == {"job_id": JOB, "next_day_begins_at": MIDNIGHT}


def test_a_user_has_a_limited_number_of_open_jobs(world):
    opened = [create(world).job_id for _ in range(MAX_OPEN_JOBS)]

    with pytest.raises(TooManyOpenJobs) as refused:
        create(world)

    assert set(refused.value.job_ids) == set(opened)
    assert len(world.jobs.jobs) == MAX_OPEN_JOBS
    assert create(world, an_order(user_id="another-user"))


@pytest.mark.parametrize("ending", ["submitted", "ended", "deleted"])
def test_a_job_that_is_no_longer_open_makes_room_for_another(world, ending):
    first, *_ = [create(world).job_id for _ in range(MAX_OPEN_JOBS)]
    job = world.jobs.get(first)
    if ending == "deleted":
        world.jobs.delete(first)
    else:
        state = JobState.MODERATING if ending == "submitted" else JobState.EXPIRED
        world.jobs.save(job.move(state, NOW))

    assert create(world)
    with pytest.raises(TooManyOpenJobs):
        create(world)


def test_concurrent_requests_do_not_exceed_the_limit_of_open_jobs(world):
    """Another request takes the last place after this one has read the profile."""
    for _ in range(MAX_OPEN_JOBS - 1):
        create(world)
    world.deadlines.set = lambda *_, **__: world.jobs.create(a_job(), [])

    with pytest.raises(TooManyOpenJobs):
        create(world)

    assert len(world.jobs.jobs) == MAX_OPEN_JOBS


def test_a_returned_day_can_be_used(world):
    job = world.has(JobState.MODERATING)
    world.ledger.settle(ended(job), QuotaState.RETURNED, now=NOW)

    assert create(world)


def test_plus_has_a_higher_limit_while_it_is_active(world):
    world.has(JobState.MODERATING)
    world.entitle(plus())

    created = create(world)

    assert world.jobs.get(created.job_id).tier == "plus"


def test_expired_plus_counts_as_lite(world):
    world.entitle(plus(expires_at=NOW))

    created = create(world)

    assert world.jobs.get(created.job_id).tier == "lite"


def test_a_changed_time_zone_gives_no_second_day(world):
    """At noon UTC, 22 November is over in Apia; the user's first time zone stays."""
    world.has(JobState.MODERATING)

    with pytest.raises(OverQuota):
        create(world, an_order(time_zone="Pacific/Apia"))


def test_the_first_job_fixes_the_time_zone(world):
    world.users.delete(USER)

    create(world, an_order(time_zone="Asia/Tokyo"))
    create(world, an_order(time_zone="America/New_York"))

    assert world.users.profile(USER).zone == UserZone(name="Asia/Tokyo", fixed_at=NOW)


def test_a_month_later_another_time_zone_applies_from_the_end_of_the_day(world):
    month_later = NOW + timedelta(days=30)
    world.clock.set(month_later)

    create(world, an_order(time_zone="America/New_York"))

    zone = world.users.profile(USER).zone
    midnight = datetime(2026, 12, 22, 23, tzinfo=UTC)  # in Berlin
    assert (zone.name, zone.before) == (
        "America/New_York",
        ReservedDay(day="2026-12-22", ends_at=midnight),
    )


def test_two_concurrent_first_jobs_agree_on_a_time_zone(world, monkeypatch):
    world.users.delete(USER)
    first = UserZone(name="Asia/Tokyo", fixed_at=NOW)
    save = world.users.save_zone

    def overtaken(user_id, zone, *, seen):
        monkeypatch.setattr(world.users, "save_zone", save)
        save(user_id, first, seen=None)
        save(user_id, zone, seen=seen)

    monkeypatch.setattr(world.users, "save_zone", overtaken)

    assert create(world, an_order(time_zone="America/New_York"))

    assert world.users.profile(USER).zone == first


def test_a_timer_ends_the_job_if_it_is_not_submitted(world):
    created = create(world)

    assert world.timers.set == {(created.job_id, JobError.NOT_SUBMITTED): created.submit_by}


def test_no_job_is_stored_without_a_timer(world, monkeypatch):
    def lose(*_, **__):
        raise Unavailable("no answer")

    monkeypatch.setattr(world.timers, "end_at", lose)

    with pytest.raises(Unavailable):
        create(world)

    assert world.jobs.jobs == {}


@pytest.mark.parametrize("time_zone", ["Europe/Berlin", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_an_erasure_gives_no_second_day_in_any_time_zone(world, time_zone):
    world.has(JobState.MODERATING)
    world.users.delete(USER)

    with pytest.raises(OverQuota):
        create(world, an_order(time_zone=time_zone))


def test_no_job_starts_for_a_user_who_is_being_erased(world):
    world.users.change(USER, erasing="e" + "0" * 32)

    with pytest.raises(Conflict, match="erased"):
        create(world)

    assert world.jobs.jobs == {}


def test_the_day_is_the_users_local_date(world):
    """At 23:30 UTC it is already tomorrow in Berlin, and today's job does not count there."""
    world.has(JobState.MODERATING)
    world.clock.set(datetime(2026, 11, 22, 23, 30, tzinfo=UTC))

    assert create(world)


def test_another_users_day_does_not_count(world):
    world.has(JobState.MODERATING)

    assert create(world, an_order(user_id=UserId("user-2"))).job_id != JOB


def test_a_closed_tier_does_not_close_the_other(world):
    world.entitle(plus())

    assert create(world, tiers={"lite": a_tier(open=False), "plus": a_tier("plus")})


# --- the same request again, by its Idempotency-Key ---------------------------------------------


def again(world, created):
    kept = StoredJob.model_validate(created, from_attributes=True)
    return create_job_again(
        kept,
        jobs=world.jobs,
        photos=world.photos,
        deletions=world.deletions,
        clock=world.clock,
    )


def test_a_repeated_request_returns_the_same_job_with_new_presigned_posts(world):
    created = create(world, an_order(photos=[{"content_type": "image/heic"}] * 3))

    repeated = again(world, created)

    assert repeated == created
    assert len(world.jobs.jobs) == 1
    assert len(world.jobs.photos(created.job_id)) == 3


def test_photos_that_were_added_later_are_not_in_the_repeated_response(world):
    created = create(world)
    late = a_photo(4, state=PhotoState.AWAITED, job_id=created.job_id)
    world.jobs.add_photo(late)

    assert [post.photo_id for post in again(world, created).uploads] == [
        "p01",
        "p02",
        "p03",
    ]


def test_a_repeat_for_a_submitted_job_has_no_presigned_posts(world):
    created = create(world)
    world.jobs.save(world.jobs.get(created.job_id).move(JobState.EXPIRED, NOW))

    repeated = again(world, created)

    assert (repeated.job_id, repeated.uploads) == (created.job_id, ())


def test_a_repeat_after_the_submit_limit_has_no_presigned_posts(world):
    created = create(world)
    world.clock.set(created.submit_by)

    assert again(world, created).uploads == ()


def test_a_repeat_for_a_deleted_job_is_not_found(world):
    created = create(world)
    world.jobs.jobs.clear()

    with pytest.raises(NotFound):
        again(world, created)
