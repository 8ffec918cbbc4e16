"""A job as the app backend sees it."""

from datetime import timedelta

import pytest

from likeness.adapters.policy_files import load_reasons
from likeness.contracts.container import GenerationProgress
from likeness.domain.errors import NotFound, Unavailable
from likeness.domain.generation.avatar import AvatarState
from likeness.domain.generation.likeness import likeness_score
from likeness.domain.generation.published import shown
from likeness.domain.ids import JobId
from likeness.domain.jobs.estimate import MIN_DURATIONS, STEP, WORKING
from likeness.domain.jobs.job import JobState
from likeness.domain.photos.photo import Box, InspectionLease, PhotoProblem, PhotoState
from likeness.domain.reasons import Reason
from likeness.domain.verdict import Outcome
from likeness.services.jobs import get_job as service
from likeness.services.photos.lost_uploads import BEGINS_WITHIN, EVENT_WITHIN, LOOK_EVERY
from tests.builders import (
    JOB,
    NOW,
    OTHER_JOB,
    TODAY,
    USER,
    a_photo,
    a_verdict,
    an_avatar,
    photos,
)

REASONS = load_reasons()


def get(world):
    return service.get_job(
        JOB,
        shown_jobs=world.shown_jobs,
        jobs=world.jobs,
        photos=world.photos,
        inspections=world.inspections,
        avatar_store=world.avatar_store,
        work=world.work,
        durations=world.durations,
        reviews=world.reviews,
        appeals=world.appeals,
        readiness=world.readiness,
        clock=world.clock,
        reasons=REASONS,
        quota=world.job_quota,
    )


@pytest.mark.parametrize("state", list(JobState))
def test_state_and_timeline_are_shown_as_stored(world, state):
    job = world.has(state)

    view = get(world)

    assert (view.job_id, view.state, view.timeline) == (JOB, state, job.timeline)
    assert (view.styles, view.avatars_asked) == (job.styles, job.avatars)
    assert (view.created_at, view.submit_by) == (job.created_at, job.submit_by)


def test_an_unknown_job_is_not_found(world):
    with pytest.raises(NotFound):
        get(world)


def test_the_response_names_the_user_and_returns_the_apps_metadata(world):
    world.has(metadata={"order": "2026-1187", "empty": ""})

    view = get(world)

    assert (view.user_id, view.metadata) == (USER, {"order": "2026-1187", "empty": ""})


def test_the_response_contains_no_detector_results(world):
    doubtful = a_verdict(Outcome.DOUBTFUL, Reason.MINOR_AGE_DOUBT)
    world.has(JobState.IN_REVIEW, with_photos=[a_photo(verdict=doubtful)])

    view = get(world).model_dump_json()

    assert "Weapons" not in view
    assert "MINOR" not in view


# --- photos --------------------------------------------------------------------------------------


def test_a_photo_with_a_problem_comes_with_hint_and_box(world):
    box = Box(left=0.1, top=0.2, width=0.3, height=0.4)
    problem = PhotoProblem(reason=Reason.QUALITY_BLURRY, box=box)
    world.has(with_photos=[a_photo(state=PhotoState.REFUSED, problem=problem)])

    (photo,) = get(world).photos

    assert (photo.state, photo.box) == (PhotoState.REFUSED, box)
    assert photo.problem.code is Reason.QUALITY_BLURRY
    assert photo.problem.hint == REASONS[Reason.QUALITY_BLURRY].hint.model_dump()
    assert set(photo.problem.hint) == {"en", "de"}
    assert photo.problem.fix_and_retry


def test_a_duplicate_names_the_photo_that_it_repeats(world):
    problem = PhotoProblem(reason=Reason.SUBJECT_DUPLICATE, duplicate_of="p01")
    world.has(with_photos=[a_photo(1), a_photo(2, state=PhotoState.REFUSED, problem=problem)])

    assert get(world).photos[1].duplicate_of == "p01"


def test_photos_that_moderation_refused_are_shown_as_refused(world):
    refused = a_verdict(Outcome.REFUSED, Reason.POLICY_NUDITY)
    world.has(JobState.REFUSED, with_photos=[a_photo(verdict=refused)])

    (photo,) = get(world).photos

    assert (photo.state, photo.problem.code) == (PhotoState.REFUSED, Reason.POLICY_NUDITY)
    assert not photo.problem.fix_and_retry


def test_a_photo_that_was_left_out_is_shown_at_once_with_a_hint_that_does_not_accuse(world):
    doubtful = a_photo(
        2,
        state=PhotoState.LEFT_OUT,
        left_out_at=NOW,
        problem=PhotoProblem(reason=Reason.POLICY_NUDITY),
        verdict=a_verdict(),
    )
    world.has(JobState.GENERATING, with_photos=[a_photo(1), doubtful])

    view = get(world)

    photo = view.photos[1]
    assert (photo.state, photo.problem.code) == (PhotoState.LEFT_OUT, Reason.POLICY_NUDITY)
    assert photo.problem.hint == REASONS[Reason.POLICY_NUDITY].left_out.model_dump()
    assert view.photos[0].state is PhotoState.ACCEPTED
    assert view.statement.issued_at == NOW
    assert view.statement.automated_decision
    (ground,) = view.statement.grounds
    assert (ground.photo_id, ground.hint) == ("p02", photo.problem.hint)


def test_a_photo_that_may_show_another_person_needs_no_statement(world):
    problem = PhotoProblem(reason=Reason.SUBJECT_DIFFERENT_PERSON)
    left_out = a_photo(2, state=PhotoState.LEFT_OUT, left_out_at=NOW, problem=problem)
    world.has(JobState.GENERATING, with_photos=[a_photo(1), left_out])

    view = get(world)

    assert view.photos[1].problem.fix_and_retry
    assert view.statement is None


@pytest.mark.parametrize("verdict", [None, a_verdict(), a_verdict(Outcome.DOUBTFUL)])
def test_doubtful_photos_are_not_shown_before_a_decision(world, verdict):
    world.has(JobState.IN_REVIEW, with_photos=[a_photo(verdict=verdict)])

    (photo,) = get(world).photos

    assert (photo.state, photo.problem) == (PhotoState.ACCEPTED, None)


def test_a_photo_that_was_not_uploaded_is_awaited(world):
    world.has(with_photos=[a_photo(state=PhotoState.AWAITED)])

    assert get(world).photos[0].state is PhotoState.AWAITED


def test_a_photo_that_is_being_checked_says_so(world):
    world.has(with_photos=[a_photo(state=PhotoState.CHECKING)])

    view = get(world).photos[0]

    assert view.state is PhotoState.CHECKING
    assert "lease" not in view.model_dump_json()


# --- lost uploads --------------------------------------------------------------------------------


def uploaded(world, *, ago=EVENT_WITHIN):
    """A job with a photo whose upload was listed `ago`, and no inspection."""
    world.has(with_photos=[*photos(3), a_photo(4, state=PhotoState.AWAITED)])
    world.photos.uploaded_at = NOW - ago
    return world.photos.upload(JOB, "p04", b"bytes")


def test_an_upload_whose_event_was_lost_is_inspected_once(world):
    etag = uploaded(world)

    states = {get(world).photos[3].state for _ in range(8)}

    assert states == {PhotoState.CHECKING}
    ((job_id, upload),) = world.inspections.requested
    assert (job_id, upload.photo_id, upload.etag) == (JOB, "p04", etag)


def test_a_requested_inspection_that_does_not_begin_is_requested_again(world):
    uploaded(world)
    get(world)
    world.clock.advance(BEGINS_WITHIN - timedelta(seconds=1))
    get(world)
    assert len(world.inspections.requested) == 1

    world.clock.advance(timedelta(seconds=1))
    get(world)

    assert len(world.inspections.requested) == 2
    assert world.inspections.requested[0] == world.inspections.requested[1]


def test_an_upload_whose_event_may_be_on_its_way_is_left_alone(world):
    uploaded(world, ago=EVENT_WITHIN - timedelta(seconds=1))

    assert get(world).photos[3].state is PhotoState.AWAITED
    assert world.inspections.requested == []


def test_an_inspection_that_died_unreported_is_requested_without_a_look(world):
    uploaded(world)
    died = InspectionLease(owner="invocation-1", until=NOW, begun=True)
    world.has(
        job_id=OTHER_JOB,
        with_photos=[a_photo(state=PhotoState.CHECKING, lease=died, job_id=OTHER_JOB)],
    )
    world.photos.uploads = None

    service.request_lost(
        world.shown_jobs.get(OTHER_JOB),
        jobs=world.jobs,
        photos=world.photos,
        inspections=world.inspections,
        clock=world.clock,
    )

    ((job_id, upload),) = world.inspections.requested
    assert (job_id, upload.photo_id, upload.etag) == (OTHER_JOB, "p01", "etag-p01")
    (photo,) = world.jobs.photos(OTHER_JOB)
    assert photo.lease == InspectionLease(owner=None, until=NOW + BEGINS_WITHIN, begun=True)


def looks(world, monkeypatch):
    """The times at which the bucket was listed."""
    times, real = [], world.photos.uploads
    monkeypatch.setattr(
        world.photos, "uploads", lambda job_id: times.append(world.clock.now()) or real(job_id)
    )
    return times


def test_the_bucket_is_listed_rarely_and_only_while_a_photo_is_awaited(world, monkeypatch):
    world.has(with_photos=[*photos(3), a_photo(4, state=PhotoState.AWAITED)], created_at=NOW)
    times = looks(world, monkeypatch)

    for _ in range(60):
        get(world)
        world.clock.advance(timedelta(seconds=1))
    awaited = world.jobs.photos(JOB)[3]
    world.jobs.save_photo(a_photo(4), seen=awaited)
    world.clock.advance(timedelta(minutes=1))
    get(world)

    assert times == [NOW + n * LOOK_EVERY for n in range(1, 6)]


def test_a_look_is_reserved_only_once_the_last_one_is_over(world, monkeypatch):
    """Each attempt is a write of the table."""
    world.has(with_photos=[a_photo(1, state=PhotoState.AWAITED)], created_at=NOW)
    attempts, real = [], world.jobs.may_look
    monkeypatch.setattr(
        world.jobs, "may_look", lambda *at, **of: attempts.append(of["now"]) or real(*at, **of)
    )

    for _ in range(31):
        get(world)
        world.clock.advance(timedelta(seconds=1))

    assert attempts == [NOW + n * LOOK_EVERY for n in (1, 2, 3)]


@pytest.mark.parametrize("state", [state for state in JobState if state is not JobState.OPEN])
def test_a_job_that_is_not_open_looks_for_no_uploads(world, monkeypatch, state):
    world.has(state, with_photos=[*photos(3), a_photo(4, state=PhotoState.AWAITED)])
    times = looks(world, monkeypatch)

    get(world)

    assert times == []


@pytest.mark.parametrize("down", ["lambda", "s3"])
def test_a_job_is_shown_while_its_uploads_cannot_be_found(world, monkeypatch, down):
    def fail(_):
        raise Unavailable("S3 does not respond")

    uploaded(world)
    if down == "s3":
        monkeypatch.setattr(world.photos, "uploads", fail)
    world.inspections.down = down == "lambda"

    assert get(world).photos[3].state is PhotoState.AWAITED


def test_the_deletion_time_is_shown_once_known(world):
    world.has(JobState.COMPLETED, photos_deleted_at=NOW)

    assert get(world).photos_deleted_at == NOW


# --- progress ------------------------------------------------------------------------------------


def progress_file(world, attempt, stage, done, total):
    progress = GenerationProgress(stage=stage, done=done, total=total)
    key = f"work/{JOB}/r{attempt}/checkpoints/progress.json"
    world.avatar_objects.put(key, progress.model_dump_json().encode())


def progress(world) -> tuple[int, int]:
    shown = get(world).progress
    return shown.done, shown.total


def test_progress_counts_avatars_out_of_those_ordered(world):
    world.has(JobState.GENERATING, avatars=30)
    assert progress(world) == (0, 30)

    progress_file(world, 1, "drawing", 12, 30)
    assert progress(world) == (12, 30)


def test_progress_does_not_restart_with_the_second_attempt(world):
    """26 were approved, 4 are drawn again: the count only rises."""
    world.has(JobState.GENERATING, avatars=30, attempt=2)

    progress_file(world, 2, "drawing", 1, 4)

    assert progress(world) == (27, 30)


@pytest.mark.parametrize("state", sorted(set(JobState) - WORKING))
def test_progress_is_shown_only_while_the_job_runs(world, state):
    world.has(state)

    assert get(world).progress is None


def test_during_avatar_moderation_approved_avatars_are_counted(world):
    good, bad = an_avatar(1), an_avatar(2, AvatarState.REFUSED)
    world.has(JobState.FINISHING, with_avatars=[good, bad])

    assert progress(world) == (1, 4)


STEP_S = 340 * (STEP - 1) / 2 + 1  # half a bucket, and rounding up


def test_an_estimate_comes_from_jobs_of_the_same_backend_and_tier(world):
    """After five minutes: half of the longer jobs took 30 s more, 90 % of them 46 s."""
    job = world.has(JobState.GENERATING)
    for n in range(1, 41):
        other = job.model_copy(update={"job_id": JobId("j" + str(n).zfill(32))})
        world.durations.add(other, 310 + n, NOW)

    shown = get(world).progress.estimate

    assert shown.p50_s == pytest.approx(30, abs=STEP_S)
    assert shown.p90_s == pytest.approx(46, abs=STEP_S)
    assert shown.measured_jobs == 40


def test_without_enough_job_durations_there_is_no_estimate(world):
    job = world.has(JobState.GENERATING)
    for n in range(1, MIN_DURATIONS):
        other = job.model_copy(update={"job_id": JobId("j" + str(n).zfill(32))})
        world.durations.add(other, 900, NOW)

    assert get(world).progress.estimate is None


# --- avatars -------------------------------------------------------------------------------------


def test_published_avatars_are_listed_best_first_with_urls(world):
    avatars = [
        an_avatar(1, AvatarState.PUBLISHED, rank=102),
        an_avatar(2, AvatarState.PUBLISHED, rank=100, distance=None),
        an_avatar(3, AvatarState.REFUSED, rank=101),
    ]
    world.has(JobState.COMPLETED, with_avatars=avatars)

    view = get(world)

    assert [avatar.avatar_id for avatar in view.avatars] == ["a02", "a01"]
    assert view.avatars[0].likeness is None
    assert view.avatars[1].likeness == likeness_score(avatars[0].distance)
    urls = world.avatar_store.urls(JOB, ["a02"])["a02"]
    assert (view.avatars[0].png, view.avatars[0].webp) == (urls.png, urls.webp)
    assert view.archive == world.avatar_store.archive_url(JOB)


def test_avatars_that_the_jobs_record_lists_are_not_read(world, monkeypatch):
    avatars = [an_avatar(n, AvatarState.PUBLISHED) for n in (1, 2)]
    world.has(JobState.COMPLETED, with_avatars=avatars)
    read = get(world).avatars

    world.jobs.save(world.job.change(**shown(avatars)))
    monkeypatch.setattr(world.jobs, "avatars", None)

    assert get(world).avatars == read


@pytest.mark.parametrize("state", [state for state in JobState if state is not JobState.COMPLETED])
def test_avatars_are_not_shown_before_the_job_is_completed(world, state):
    world.has(state, with_avatars=[an_avatar(1, AvatarState.PUBLISHED)])

    view = get(world)

    assert (view.avatars, view.archive) == ((), None)


def test_avatars_that_the_user_dropped_are_not_shown(world):
    avatars = [an_avatar(1, AvatarState.PUBLISHED), an_avatar(2, AvatarState.NOT_KEPT)]
    world.has(JobState.COMPLETED, with_avatars=avatars)

    assert [avatar.avatar_id for avatar in get(world).avatars] == ["a01"]


def test_expired_avatars_are_not_shown_even_if_still_stored(world):
    avatars = [an_avatar(1, AvatarState.PUBLISHED)]
    expire = NOW + timedelta(days=30)
    world.has(JobState.COMPLETED, with_avatars=avatars, avatars_expire_at=expire)
    assert get(world).avatars_expire_at == expire
    assert get(world).avatars

    world.clock.set(expire)

    assert (get(world).avatars, get(world).archive) == ((), None)


def test_a_job_without_avatars_has_no_archive(world):
    world.has(JobState.COMPLETED, with_avatars=[an_avatar(1, AvatarState.REFUSED)])

    assert get(world).archive is None


# --- reason and quota ----------------------------------------------------------------------------


def test_a_bad_end_is_explained(world):
    world.has(JobState.FAILED, reason=Reason.SYSTEM_UNAVAILABLE)

    reason = get(world).reason

    assert reason.code is Reason.SYSTEM_UNAVAILABLE
    assert reason.hint["de"]


def test_the_users_quota_is_shown_with_every_job(world):
    world.has(JobState.MODERATING, with_photos=photos())

    quota = get(world).quota

    assert (quota.day, quota.limit, quota.used, quota.left) == (TODAY, 1, 1, 0)
    assert quota.next_day_begins_at == NOW + timedelta(hours=11)
