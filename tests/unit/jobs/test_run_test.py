"""Test jobs: each outcome that a plan can have, through the same use cases as any job."""

from datetime import timedelta
from itertools import count

import pytest
from pydantic import ValidationError

from likeness.adapters.policy_files import load_policy, load_reasons
from likeness.api.avatars import KeepAvatars
from likeness.api.job_view import JobView
from likeness.api.review import DecideReview
from likeness.contracts.jobs import JobError
from likeness.domain import errors
from likeness.domain.account.consent import consent_versions
from likeness.domain.account.quota import QuotaState
from likeness.domain.deletion.receipt import Deletion, DeletionState
from likeness.domain.ids import PhotoId
from likeness.domain.jobs.failure import FailureKind
from likeness.domain.jobs.job import FORWARD, JobState
from likeness.domain.photos.photo import PhotoState
from likeness.domain.reasons import Reason
from likeness.domain.review.appeal import AppealState
from likeness.domain.review.case import RefusedPhoto
from likeness.services.deletion.delete_photos import delete_photos
from likeness.services.jobs import cancellation
from likeness.services.jobs.create_job import Terms, create_job
from likeness.services.jobs.fail_job import KINDS, fail_job
from likeness.services.jobs.get_job import get_job
from likeness.services.jobs.run_test import ERRORS, run_test
from likeness.services.jobs.settle_job import settle_job
from likeness.services.jobs.submit_job import submit_job
from likeness.services.photos.inspect_photo import inspect_photo
from likeness.services.provenance.keep_avatars import keep_avatars
from likeness.services.provenance.publish_avatars import publish_avatars
from likeness.services.review.appeal_job import appeal_job
from likeness.services.review.claim_review import claim_review
from likeness.services.review.complete_decision import complete_decision
from likeness.services.review.decide_review import decide_review
from likeness.services.review.known_pictures import KnownPictures
from likeness.services.review.match_appeal import match_appeal
from likeness.services.review.request_review import request_review
from tests.builders import NOW, TODAY, USER, a_moderator, an_order, styles, tiers

POLICY = load_policy()
P1, P2, P3 = (PhotoId(f"p0{n}") for n in (1, 2, 3))
LEAD = a_moderator("lead-1", lead=True)
NO_PICTURE = b"no picture at all"


class Unread:
    """A detector or decoder: a test job must not use it."""

    def __getattr__(self, name):
        raise AssertionError(f"a test job used {name}")


class AppInTest:
    """An app that opens test jobs, and the state machine that runs them."""

    def __init__(self, world):
        self.world = world
        self.invocations = count()

    def opens(self, plan=None, *, test_mode=True, **order):
        world = self.world
        request = an_order(test=plan if plan is not None else {}, **order)
        created = create_job(
            request,
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
                styles=styles(),
                tiers=tiers(),
                consent_versions=consent_versions(["2026-11"]),
                submit_within=timedelta(hours=1),
                deadline=timedelta(hours=23),
                test_mode=test_mode,
            ),
        )
        for upload in created.uploads:
            self.uploads(created.job_id, upload.photo_id)
        return created.job_id

    def uploads(self, job_id, photo_id, content=NO_PICTURE):
        world = self.world
        pictures = Unread()
        pictures.placeholder = world.pictures.placeholder
        return inspect_photo(
            job_id,
            photo_id,
            etag=world.photos.upload(job_id, photo_id, content),
            owner=f"invocation-{next(self.invocations)}",
            time_left=timedelta(seconds=60),
            jobs=world.jobs,
            photos=world.photos,
            detector=Unread(),
            pictures=pictures,
            rules=Unread(),
            known_pictures=KnownPictures(world.holding, Unread()),
            clock=world.clock,
        )

    def submits(self, job_id):
        world = self.world
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
            tiers=tiers(),
        )

    def step(self, job_id):
        world = self.world
        return run_test(
            job_id,
            jobs=world.jobs,
            reviews=world.reviews,
            work=world.work,
            avatar_store=world.avatar_store,
            files=world.files,
            keyed_hash=world.keyed_hash,
            policy=POLICY,
            clock=world.clock,
        )

    def runs(self, job_id):
        """The state machine, up to the job's end or a moderator. Returns the job as it is shown."""
        result = self.step(job_id)
        assert self.step(job_id) == result, "a repeated step has no other effect"
        while result.next == "wait":
            assert result.wait_s > 0
            self.world.clock.advance(timedelta(seconds=result.wait_s))
            result = self.step(job_id)
        if result.next == "fail":
            self.fails(job_id, result.error)
        if result.next == "review":
            self.asks(job_id)
        if result.next == "finish":
            self.finishes(job_id)
        return self.sees(job_id)

    def asks(self, job_id):
        world = self.world
        world.workflow.waiting_tokens.add("token")
        request_review(
            job_id,
            "token",
            jobs=world.jobs,
            reviews=world.reviews,
            holds=world.holds,
            clock=world.clock,
            policy=POLICY,
            tiers=tiers(),
            decide_within=timedelta(hours=12),
        )

    def decides(self, review_id, decision, moderator=LEAD):
        world = self.world
        lease = timedelta(minutes=2)
        claim_review(
            review_id, moderator=moderator, reviews=world.reviews, clock=world.clock, lease=lease
        )
        decide_review(
            review_id,
            decision,
            moderator=moderator,
            reviews=world.reviews,
            pending=world.pending,
            clock=world.clock,
            escalate=POLICY.escalate,
            undo=timedelta(0),
            second_percent=0,
        )
        complete_decision(
            review_id,
            reviews=world.reviews,
            known_cases=world.known_cases,
            effect=world.decision_effect,
        )

    def fails(self, job_id, error):
        world = self.world
        return fail_job(
            job_id,
            error,
            jobs=world.jobs,
            reviews=world.reviews,
            ledger=world.ledger,
            generator=world.generator,
            keyed_hash=world.keyed_hash,
            deletion=world.deletion,
            clock=world.clock,
        )

    def finishes(self, job_id):
        world = self.world
        delete_photos(job_id, jobs=world.jobs, deletion=world.deletion, clock=world.clock)
        publish_avatars(
            job_id,
            jobs=world.jobs,
            avatar_store=world.avatar_store,
            files=world.files,
            credentials=Unread(),
            watermarks=Unread(),
            readiness=world.readiness,
            clock=world.clock,
        )
        settle_job(
            job_id,
            jobs=world.jobs,
            ledger=world.ledger,
            durations=world.durations,
            clock=world.clock,
            avatar_lifetime=timedelta(days=30),
        )

    def sees(self, job_id) -> JobView:
        world = self.world
        return get_job(
            job_id,
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
            reasons=load_reasons(),
            quota=world.job_quota,
        )

    def plays(self, plan=None, **order) -> JobView:
        job_id = self.opens(plan, **order)
        self.submits(job_id)
        return self.runs(job_id)


@pytest.fixture
def tester(world):
    return AppInTest(world)


def planned(photo_id, outcome, reason):
    return {"photo_id": photo_id, "outcome": outcome, "reason": reason}


def states(view):
    return [entry.state for entry in view.timeline]


def codes(view):
    return {p.photo_id: (p.state, p.problem.code) for p in view.photos if p.problem}


# --- how a test job ends -------------------------------------------------------------------------


def test_without_a_plan_a_test_job_completes_and_takes_no_day(tester, world):
    view = tester.plays()

    assert (view.test, view.state, view.reason) == (True, JobState.COMPLETED, None)
    assert [entry.state for entry in view.timeline] == [
        JobState.OPEN,
        JobState.MODERATING,
        JobState.GENERATING,
        JobState.FINISHING,
        JobState.COMPLETED,
    ]
    assert len(view.avatars) == view.avatars_asked == 4
    assert view.archive
    assert (view.quota.used, view.quota.entries) == (0, ())
    assert world.quota(USER).used == 0
    assert world.photo_objects.listing() == []
    assert world.workflow.tests == {view.job_id}
    assert world.metrics.counted == {}, "operators see no tests"


def test_its_avatars_are_placeholders_that_nothing_signed_or_watermarked(tester, world):
    view = tester.plays()

    pictures = {
        content
        for key, content in world.avatar_objects.objects.items()
        if key.startswith(f"avatars/{view.job_id}/a") and not key.endswith(".zip")
    }
    assert pictures == {b"TEST"}
    assert {avatar.watermark for avatar in world.jobs.avatars(view.job_id)} == {None}


UNUSABLE = sorted(r for r in Reason if r.fix_and_retry)
DECIDABLE = sorted(r for r in Reason if r.needs_statement or r.family == "SUBJECT")


@pytest.mark.parametrize("reason", UNUSABLE)
def test_a_photo_is_refused_at_its_upload_and_can_be_replaced(tester, world, reason):
    job_id = tester.opens(
        {"photos": [planned("p02", "unusable", reason)]},
        photos=[{"content_type": "image/jpeg"}] * 4,
    )

    shown = {photo.photo_id: photo for photo in tester.sees(job_id).photos}

    assert (shown[P2].state, shown[P2].problem.code) == (PhotoState.REFUSED, reason)
    assert shown[P1].state is PhotoState.ACCEPTED
    assert (shown[P2].duplicate_of == P1) == (reason is Reason.SUBJECT_DUPLICATE)
    assert f"photos/{job_id}/p02.jpg" not in world.photo_objects.listing()
    tester.submits(job_id)
    assert tester.runs(job_id).state is JobState.COMPLETED


def test_the_face_that_a_problem_is_about_has_a_box(tester):
    photos = [planned("p01", "unusable", "QUALITY.BLURRY"), planned("p02", "unusable", "FILE.TYPE")]

    shown = tester.sees(tester.opens({"photos": photos})).photos

    assert [photo.box is not None for photo in shown] == [True, False, False]


@pytest.mark.parametrize("reason", DECIDABLE)
def test_a_photo_is_left_out_and_the_job_completes(tester, reason):
    view = tester.plays({"photos": [planned("p02", "left_out", reason)]})

    assert view.state is JobState.COMPLETED
    assert codes(view) == {P2: (PhotoState.LEFT_OUT, reason)}
    assert (view.statement is not None) == reason.needs_statement


@pytest.mark.parametrize("reason", DECIDABLE)
def test_a_job_is_refused_with_a_reason(tester, world, reason):
    view = tester.plays({"photos": [planned("p02", "refused", reason)]})

    assert (view.state, view.reason.code) == (JobState.REFUSED, reason)
    assert codes(view) == {P2: (PhotoState.REFUSED, reason)}
    assert (view.statement is not None) == reason.needs_statement
    if view.statement:
        assert view.statement.automated_decision
    assert view.avatars == ()
    assert world.avatar_objects.listing() == []


DOUBTFUL = [planned("p01", "doubtful", "POLICY.SUGGESTIVE")]


@pytest.mark.parametrize(
    ("decision", "state", "code"),
    [
        ("approve", JobState.COMPLETED, None),
        ("refuse", JobState.REFUSED, Reason.POLICY_SUGGESTIVE),
        ("expire", JobState.EXPIRED, Reason.SYSTEM_REVIEW_EXPIRED),
    ],
)
def test_a_review_is_decided_by_itself_after_its_time(tester, world, decision, state, code):
    job_id = tester.opens({"photos": DOUBTFUL, "review": {"decision": decision, "after_s": 3}})
    tester.submits(job_id)

    assert (tester.step(job_id).next, tester.step(job_id).wait_s) == ("wait", 3)
    assert tester.sees(job_id).state is JobState.IN_REVIEW
    assert list(world.reviews.waiting()) == [], "moderators do not see it"

    view = tester.runs(job_id)

    assert (view.state, view.reason and view.reason.code) == (state, code)
    assert JobState.IN_REVIEW in states(view)
    if state is JobState.REFUSED:
        assert not view.statement.automated_decision


@pytest.mark.parametrize("approve", [True, False])
def test_a_moderator_can_decide_a_test_too(tester, world, approve):
    job_id = tester.opens({"photos": DOUBTFUL})
    tester.submits(job_id)
    assert tester.runs(job_id).state is JobState.IN_REVIEW
    (case,) = world.reviews.waiting()
    assert world.photos.read(job_id, P1) == b"TEST", "moderators see a placeholder"

    refused = () if approve else (RefusedPhoto(photo_id=P1, reason=Reason.POLICY_NUDITY),)
    tester.decides(case.review_id, DecideReview(approve=approve, photos=refused))

    answer = world.workflow.answers["token"]
    assert answer["approved"] is approve
    view = tester.runs(job_id)  # if refused, the state machine ends the job itself, in the same way
    assert view.state is (JobState.COMPLETED if approve else JobState.REFUSED)


@pytest.mark.parametrize("kind", FailureKind)
def test_a_job_fails_for_each_cause(tester, kind):
    view = tester.plays({"failure": kind})

    assert (view.state, view.failure) == (JobState.FAILED, kind)
    stopped = kind is FailureKind.STOPPED
    assert view.reason.code is (Reason.SYSTEM_STOPPED if stopped else Reason.SYSTEM_UNAVAILABLE)
    assert (JobState.GENERATING in states(view)) == (kind is not FailureKind.MODERATION)


def test_each_cause_has_an_error():
    assert {KINDS.get(error, FailureKind.INTERNAL) for error in ERRORS.values()} == set(FailureKind)
    assert set(ERRORS) == set(FailureKind)


@pytest.mark.parametrize(
    ("avatars", "state", "code"),
    [
        (3, JobState.COMPLETED, None),
        (1, JobState.COMPLETED, Reason.SYSTEM_TOO_FEW_AVATARS),
        (0, JobState.FAILED, Reason.SYSTEM_TOO_FEW_AVATARS),
    ],
)
def test_fewer_avatars_come_out_than_were_asked_for(tester, avatars, state, code):
    view = tester.plays({"avatars": avatars})

    assert (view.state, view.reason and view.reason.code) == (state, code)
    assert len(view.avatars) == avatars


def test_a_slow_job_shows_its_progress(tester):
    job_id = tester.opens({"drawing_s": 40}, avatars=20)
    tester.submits(job_id)
    seen = []
    while (result := tester.step(job_id)).next == "wait":
        seen.append(tester.sees(job_id).progress)
        tester.world.clock.advance(timedelta(seconds=result.wait_s))

    assert [progress.done for progress in seen] == list(range(20))
    assert {progress.total for progress in seen} == {20}


def test_a_job_that_is_not_submitted_in_its_time_expires(tester, world):
    job_id = tester.opens({"submit_within_s": 5})

    assert tester.sees(job_id).submit_by == NOW + timedelta(seconds=5)
    assert world.timers.set[job_id, JobError.NOT_SUBMITTED] == NOW + timedelta(seconds=5)
    world.clock.advance(timedelta(seconds=5))
    with pytest.raises(errors.Conflict):
        tester.submits(job_id)
    tester.fails(job_id, JobError.NOT_SUBMITTED)
    assert tester.sees(job_id).state is JobState.EXPIRED


# --- days and tiers ------------------------------------------------------------------------------


def test_days_of_tests_are_counted_apart(tester, world):
    first = tester.plays({"day": "2031-05-01"})

    assert (first.quota.day, first.quota.used, first.quota.left) == ("2031-05-01", 1, 0)
    (entry,) = first.quota.entries
    assert (entry.job_id, entry.state) == (first.job_id, QuotaState.SPENT)
    assert first.quota.next_day_begins_at.isoformat() == "2031-05-01T22:00:00+00:00"
    assert world.quota(USER).used == 0
    assert world.quota(USER).entries == ()


def test_a_second_test_on_one_day_is_over_quota_and_the_next_day_works_again(tester):
    again = tester.opens({"day": "2031-05-01"})
    first = tester.plays({"day": "2031-05-01"})

    for attempt in (lambda: tester.submits(again), lambda: tester.opens({"day": "2031-05-01"})):
        with pytest.raises(errors.OverQuota) as used:
            attempt()
        assert used.value.job_id == first.job_id
        assert used.value.next_day_begins_at == first.quota.next_day_begins_at
        assert used.value.retry_after_s == 86400, "as if the planned day had just begun"
    assert tester.plays({"day": "2031-05-02"}).state is JobState.COMPLETED


def test_a_planned_failure_returns_the_day_of_the_test(tester):
    view = tester.plays({"day": "2031-05-01", "failure": "gpu"})

    assert view.quota.used == 0
    assert [entry.state for entry in view.quota.entries] == [QuotaState.RETURNED]


def test_a_test_on_a_real_date_leaves_the_users_day(tester, world):
    tester.plays({"day": TODAY})

    assert world.quota(USER).left == 1


def test_a_test_has_the_tier_of_its_plan(tester):
    view = tester.plays({"tier": "plus", "day": "2031-05-01"})

    assert (view.tier, view.quota.tier, view.quota.limit) == ("plus", "plus", 3)


# --- what a test job can never do ----------------------------------------------------------------


def test_where_test_mode_is_off_nothing_is_opened(tester, world):
    with pytest.raises(errors.TestModeOff):
        tester.opens(test_mode=False)

    assert world.jobs.jobs == {}


def test_the_step_refuses_a_job_that_is_no_test(tester, world):
    job = world.has(JobState.MODERATING)

    with pytest.raises(errors.Conflict, match="no test job"):
        tester.step(job.job_id)


@pytest.mark.parametrize("state", sorted(FORWARD.keys() - {JobState.OPEN}))
def test_a_cancelled_test_leaves_nothing(tester, world, state):
    """Whatever the step does when the user cancels."""
    plan = {"drawing_s": 5}
    if state is JobState.IN_REVIEW:
        plan = {"photos": DOUBTFUL, "review": {"decision": "approve", "after_s": 5}}
    job_id = tester.opens(plan)
    tester.submits(job_id)
    if state is not JobState.MODERATING:
        tester.step(job_id)
    if state is JobState.FINISHING:
        world.clock.advance(timedelta(seconds=5))
        cancelled_while_written(tester, job_id)
    else:
        assert world.jobs.get(job_id).state is state
        cancel(world, job_id)

    with pytest.raises(errors.Conflict):
        tester.step(job_id)

    tester.fails(job_id, JobError.CANCELLED)
    assert tester.sees(job_id).state is JobState.CANCELLED
    assert world.avatar_objects.listing() == []
    assert world.photo_objects.listing() == []


def cancel(world, job_id):
    cancellation.cancel(
        world.jobs.get(job_id),
        jobs=world.jobs,
        workflow=world.workflow,
        timers=world.timers,
        clock=world.clock,
    )


def cancelled_while_written(tester, job_id):
    """The job is cancelled, and its files are deleted, before the step writes its last one."""
    world = tester.world
    publish = world.avatar_store.publish_placeholders

    def late(avatars):
        cancel(world, job_id)
        publish(avatars)

    world.avatar_store.publish_placeholders = late


def test_a_refused_test_can_be_appealed_with_the_same_bytes(tester, world):
    view = tester.plays(
        {"photos": [planned("p01", "refused", "POLICY.NUDITY")], "day": "2031-05-01"}
    )
    job_id = view.job_id
    assert view.quota.left == 0, "a policy refusal spends the day"
    world.deletions.save(Deletion(job_id=job_id, state=DeletionState.DELETED))
    appeal_job(
        job_id,
        jobs=world.jobs,
        reviews=world.reviews,
        appeals=world.appeals,
        photos=world.photos,
        deletions=world.deletions,
        deadlines=world.deadlines,
        deadline=timedelta(hours=23),
        clock=world.clock,
    )
    pictures = Unread()
    pictures.placeholder = world.pictures.placeholder
    match_appeal(
        job_id,
        P1,
        etag=world.photos.appeal(job_id, P1, NO_PICTURE),
        jobs=world.jobs,
        reviews=world.reviews,
        appeals=world.appeals,
        photos=world.photos,
        pictures=pictures,
        keyed_hash=world.keyed_hash,
        holding=world.holding,
        policy=POLICY,
        clock=world.clock,
        decide_within=timedelta(hours=20),
    )
    (case,) = world.reviews.waiting()

    tester.decides(case.review_id, DecideReview(approve=True))

    assert world.appeals.get(job_id).state is AppealState.GRANTED
    assert tester.sees(job_id).quota.left == 1, "the day of the test is returned"
    assert world.quota(USER).used == 0


def test_the_user_keeps_avatars_of_a_test(tester, world):
    view = tester.plays()

    keep_avatars(
        view.job_id,
        KeepAvatars(avatars=("a02",)),
        jobs=world.jobs,
        avatar_store=world.avatar_store,
        deletion=world.deletion,
        watermarks=world.watermarks,
        clock=world.clock,
    )

    assert [avatar.avatar_id for avatar in tester.sees(view.job_id).avatars] == ["a02"]


# --- plans that make no sense --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plan", "problem"),
    [
        ({"photos": [planned("p01", "unusable", "POLICY.NUDITY")]}, "cannot be unusable"),
        ({"photos": [planned("p01", "refused", "FILE.TYPE")]}, "cannot be refused"),
        ({"photos": [planned("p01", "left_out", "SYSTEM.UNAVAILABLE")]}, "cannot be left_out"),
        ({"photos": DOUBTFUL * 2}, "must differ"),
        ({"review": {"decision": "approve"}}, "needs a doubtful photo"),
        ({"photos": [planned("p01", "refused", "MINOR.AGE_DOUBT")], "failure": "gpu"}, "ends the"),
        ({"failure": "gpu", "avatars": 2}, "not both"),
        ({"drawing_s": 601}, "600"),
        ({"day": "9999-12-31"}, "9000"),
        ({"day": "0001-01-01"}, "2000"),
        ({"sleep": 3}, "sleep"),
    ],
)
def test_a_plan_must_be_one_story(plan, problem):
    with pytest.raises(ValidationError, match=problem):
        an_order(test=plan)


def test_more_avatars_than_asked_for_cannot_come_out(tester):
    with pytest.raises(errors.Invalid, match="5 of 4"):
        tester.opens({"avatars": 5})


@pytest.mark.parametrize(
    ("photos", "problem"),
    [
        ([planned("p09", "refused", "POLICY.NUDITY")], "p09"),
        ([planned(f"p0{n}", "left_out", "POLICY.SUGGESTIVE") for n in (1, 2, 3)], "every photo"),
    ],
)
def test_a_plan_that_the_photos_cannot_follow_is_refused_at_submission(tester, photos, problem):
    job_id = tester.opens({"photos": photos})

    with pytest.raises(errors.Invalid, match=problem):
        tester.submits(job_id)
