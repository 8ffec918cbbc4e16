"""A case at the review desk: opened, listed, read, leased, revealed and decided once."""

import base64
from datetime import timedelta

import pytest

from likeness.adapters.policy_files import load_reasons
from likeness.api.app import PageQuery
from likeness.api.review import DecideReview, GrantExposure, RevealPhoto, StatsQuery
from likeness.domain.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    OverQuota,
    Unavailable,
)
from likeness.domain.jobs.job import JobState
from likeness.domain.moderation import Outcome, Severity
from likeness.domain.photos.photo import PhotoState
from likeness.domain.reasons import Reason
from likeness.domain.review.audit import AuditAction, verify
from likeness.domain.review.case import (
    MODERATOR_REASONS,
    RefusedPhoto,
    ReviewKind,
    ReviewPolicy,
    ReviewState,
    is_sampled,
    job_of,
    review_of,
)
from likeness.domain.review.statistics import ExposureState, desk_day
from likeness.services.review.claim_review import claim_review
from likeness.services.review.decide_review import decide_review
from likeness.services.review.expire_reviews import expire_reviews
from likeness.services.review.grant_exposure import grant_exposure
from likeness.services.review.heartbeat_review import heartbeat_review
from likeness.services.review.list_reviews import list_reviews
from likeness.services.review.read_audit import read_audit
from likeness.services.review.read_review import read_review
from likeness.services.review.release_review import release_review
from likeness.services.review.request_review import request_review
from likeness.services.review.request_second_review import request_second_review
from likeness.services.review.reveal_photo import reveal_photo
from likeness.services.review.review_stats import review_stats
from tests.builders import (
    JOB,
    MODERATOR,
    NOW,
    OTHER_JOB,
    USER,
    a_moderator,
    a_photo,
    a_policy,
    a_review,
    a_verdict,
    an_assurance,
    seen,
    tiers,
)

REVIEW, SECOND = review_of(JOB), review_of(JOB, ReviewKind.SECOND)
LEASE = timedelta(minutes=2)
BUDGET = 5
YES = DecideReview(approve=True)
NO = DecideReview(
    approve=False, photos=(RefusedPhoto(photo_id="p02", reason=Reason.POLICY_VIOLENCE),)
)
DOUBTFUL = a_verdict(Outcome.DOUBTFUL, Reason.POLICY_VIOLENCE)
ME = a_moderator()
OTHER = a_moderator("moderator-2")
LEAD = a_moderator("lead-1", lead=True)
MYSELF_AS_USER = a_moderator(app_user_id=USER)


def request(world, under="token-1"):
    request_review(
        JOB,
        under,
        jobs=world.jobs,
        reviews=world.reviews,
        holds=world.holds,
        clock=world.clock,
        policy=a_policy(),
        tiers=tiers(),
        decide_within=timedelta(hours=12),
    )


def request_second(world, under="token-2"):
    request_second_review(
        JOB,
        under,
        jobs=world.jobs,
        reviews=world.reviews,
        clock=world.clock,
        decide_within=timedelta(minutes=30),
    )


def listed(world, moderator=ME, **query):
    return list_reviews(
        PageQuery(**query),
        moderator=moderator,
        reviews=world.reviews,
        desk_counters=world.desk_counters,
        clock=world.clock,
        budget=BUDGET,
    )


def read(world, moderator=ME, review=REVIEW):
    return read_review(
        review,
        moderator=moderator,
        jobs=world.jobs,
        reviews=world.reviews,
        photos=world.photos,
        previews=world.pictures,
        clock=world.clock,
        reasons=load_reasons(),
    )


def claim(world, moderator=ME, review=REVIEW):
    return claim_review(
        review, moderator=moderator, reviews=world.reviews, clock=world.clock, lease=LEASE
    )


def beat(world, moderator=ME):
    return heartbeat_review(
        REVIEW, moderator=moderator, reviews=world.reviews, clock=world.clock, lease=LEASE
    )


def release(world, moderator=ME):
    return release_review(REVIEW, moderator=moderator, reviews=world.reviews, clock=world.clock)


def reveal(world, moderator=ME, photo="p02"):
    return reveal_photo(
        REVIEW,
        RevealPhoto(photo_id=photo),
        moderator=moderator,
        reviews=world.reviews,
        desk_counters=world.desk_counters,
        photos=world.photos,
        clock=world.clock,
        budget=BUDGET,
    )


def decide(world, decision=YES, moderator=ME, review=REVIEW, second_percent=0):
    return decide_review(
        review,
        decision,
        moderator=moderator,
        reviews=world.reviews,
        appeals=world.appeal_closing,
        workflow=world.workflow,
        metrics=world.metrics,
        clock=world.clock,
        escalate=a_policy().escalate,
        second_percent=second_percent,
    )


def audit(world, moderator=ME, review=REVIEW):
    return read_audit(review, moderator=moderator, reviews=world.reviews, audit_log=world.audit_log)


def grant(world, moderator=LEAD, to=MODERATOR, more=3):
    return grant_exposure(
        GrantExposure(moderator=to, more=more),
        moderator=moderator,
        desk_counters=world.desk_counters,
        clock=world.clock,
        budget=BUDGET,
    )


def stats(world, moderator=ME, days=30):
    return review_stats(
        StatsQuery(days=days),
        moderator=moderator,
        reviews=world.reviews,
        desk_counters=world.desk_counters,
        clock=world.clock,
        budget=BUDGET,
    )


def entries(world):
    return [entry.action for entry in world.audit_log.entries()]


@pytest.fixture
def waiting(world):
    """A job with a doubtful second photo, whose review waits."""
    there = [a_photo(1, verdict=a_verdict()), a_photo(2, verdict=DOUBTFUL)]
    world.has(JobState.MODERATING, with_photos=there)
    request(world)
    world.workflow.waiting_tokens |= {"token-1", "token-2"}
    return world


@pytest.fixture
def mine(waiting):
    claim(waiting)
    return waiting


# --- opened --------------------------------------------------------------------------------------


def test_a_case_has_every_photo_doubtful_ones_first_and_a_deadline(waiting):
    review = waiting.reviews.get(REVIEW)

    assert [photo.photo_id for photo in review.photos] == ["p02", "p01"]
    assert review.photos[0].findings == DOUBTFUL.findings
    assert review.decide_by == NOW + timedelta(hours=12)
    assert review.severity is Severity.HIGH
    assert waiting.job.state is JobState.IN_REVIEW
    assert waiting.reviews.task_token(REVIEW) == "token-1"


def test_a_case_of_a_sampled_job_has_no_photo_that_was_left_out(world):
    left_out = a_photo(2, state=PhotoState.LEFT_OUT, verdict=a_verdict())
    world.has(JobState.MODERATING, with_photos=[a_photo(1, verdict=a_verdict()), left_out])

    request(world)

    assert [photo.photo_id for photo in world.reviews.get(REVIEW).photos] == ["p01"]


def test_a_repeated_request_keeps_the_deadline_and_stores_the_newer_token(waiting):
    waiting.clock.advance(timedelta(hours=1))

    request(waiting, "token-2")

    assert waiting.reviews.get(REVIEW).decide_by == NOW + timedelta(hours=12)
    assert waiting.reviews.task_token(REVIEW) == "token-2"
    assert len([moment for moment in waiting.job.timeline if moment.state == "in_review"]) == 1
    assert entries(waiting) == [AuditAction.OPENED]


def test_a_crash_before_the_job_was_saved_is_repaired_by_a_retry(world, monkeypatch):
    world.has(JobState.MODERATING, with_photos=[a_photo(verdict=DOUBTFUL)])

    def lose(_):
        raise Unavailable("no answer")

    monkeypatch.setattr(world.jobs, "save", lose)
    with pytest.raises(Unavailable):
        request(world)
    monkeypatch.undo()

    request(world, "token-2")

    assert world.job.state is JobState.IN_REVIEW
    assert world.reviews.task_token(REVIEW) == "token-2"


@pytest.mark.parametrize("state", [JobState.OPEN, JobState.GENERATING, JobState.REFUSED])
def test_only_a_job_in_moderation_asks_for_a_review(world, state):
    world.has(state)

    with pytest.raises(Conflict):
        request(world)

    assert world.reviews.waiting() == []


def test_a_sampled_case_in_which_nothing_was_found_has_low_severity(world):
    world.has(JobState.MODERATING, with_photos=[a_photo(1, verdict=a_verdict())])

    request(world)

    assert world.reviews.get(REVIEW).severity is Severity.LOW
    assert read(world).photos[0].flagged is False


def test_a_case_has_the_priority_of_its_jobs_tier(world):
    world.has(JobState.MODERATING, with_photos=[a_photo(1, verdict=DOUBTFUL)], tier="plus")

    request(world)

    assert world.reviews.get(REVIEW).priority == tiers()["plus"].priority > 0


def test_a_review_id_names_its_job_and_kind():
    reviews = [review_of(JOB, kind) for kind in ReviewKind]

    assert {job_of(review) for review in reviews} == {JOB}
    assert len(set(reviews)) == len(ReviewKind)


@pytest.mark.parametrize("text", ["", "sample", "sample:", "sample:x", "sample:101", "5", "ALL"])
def test_an_unknown_review_policy_is_an_error(text):
    with pytest.raises(ValueError, match="review policy|percent"):
        ReviewPolicy.read(text)


def test_the_sample_is_deterministic_and_about_as_large_as_configured():
    jobs = [f"j{n:032x}" for n in range(4000)]
    policy = ReviewPolicy.read("sample:25")

    picks = [policy.selects(job) for job in jobs]

    assert picks == [policy.selects(job) for job in jobs]
    assert 900 < sum(picks) < 1100
    assert all(ReviewPolicy.read("all").selects(job) for job in jobs)
    assert not any(ReviewPolicy.read("flagged").selects(job) for job in jobs)
    assert picks != [is_sampled(job, 25, "second") for job in jobs], "two samples, drawn apart"


# --- listed and read -----------------------------------------------------------------------------


def test_the_queue_is_ordered_by_severity_then_by_deadline(waiting):
    def opened(n, severity, hours):
        job_id = f"j{n:032x}"
        review = a_review(
            job_id=job_id,
            owner=f"user-{n}",
            severity=severity,
            decide_by=NOW + timedelta(hours=hours),
        )
        waiting.reviews.open(review, f"token-{n}")

    opened(7, Severity.LOW, 1)
    opened(8, Severity.CRITICAL, 9)
    opened(9, Severity.HIGH, 3)

    queue = listed(waiting)

    assert [int(review.job_id[1:], 16) for review in queue.reviews] == [8, 9, 1, 7]
    assert queue.next is None
    assert queue.exposure.limit == BUDGET
    assert "token" not in queue.model_dump_json()
    assert USER not in queue.model_dump_json()


def test_a_page_is_filled_from_the_following_pages(waiting):
    """Cases that the moderator may not work do not count on the page."""
    for n in range(2, 8):
        owner = USER if n % 2 else f"user-{n}"
        waiting.reviews.open(a_review(job_id=f"j{n:032x}", owner=owner), "token")

    first = listed(waiting, MYSELF_AS_USER, limit=2)
    second = listed(waiting, MYSELF_AS_USER, limit=2, cursor=first.next)

    found = [int(review.job_id[1:], 16) for page in (first, second) for review in page.reviews]
    assert found == [2, 4, 6]
    assert len(first.reviews) == 2
    assert second.next is None


def test_a_made_up_cursor_is_refused(waiting):
    with pytest.raises(Invalid, match="cursor"):
        listed(waiting, cursor="bm90IGEgY3Vyc29y")


def test_a_case_past_its_deadline_is_not_offered(waiting):
    waiting.clock.advance(timedelta(hours=12))

    assert listed(waiting).reviews == ()


def test_a_moderator_sees_the_findings_and_a_blurred_preview(waiting):
    case = read(waiting)
    flagged, beside = case.photos

    assert (flagged.photo_id, flagged.flagged, beside.flagged) == ("p02", True, False)
    (found,) = flagged.findings
    assert (found.source, found.confidence, found.outcome) == ("Weapons", 61.5, "doubtful")
    assert found.reason.code is Reason.POLICY_VIOLENCE
    assert flagged.labels[0].name == "Weapons"
    assert (flagged.age_low, flagged.age_high, flagged.similarity) == (24, 32, 99.0)
    assert flagged.face == a_photo(2).face
    assert flagged.preview.startswith("data:image/jpeg;base64,")
    assert base64.b64decode(flagged.preview.partition(",")[2]) == b"blurred jpeg"
    assert (case.policy_version, case.detector_version) == ("test", "7.0")
    assert [one.code for one in case.reason_codes] == list(MODERATOR_REASONS)


def test_a_case_has_the_apps_word_about_the_age(world):
    checked = an_assurance().at(NOW)
    evidence = seen(age_assurance=checked)
    verdict = a_verdict(Outcome.DOUBTFUL, Reason.MINOR_AGE_DOUBT)
    verdict = verdict.model_copy(update={"evidence": evidence})
    world.has(JobState.MODERATING, with_photos=[a_photo(1, verdict=verdict)])
    request(world)

    assert read(world).age_assurance == checked


def test_a_case_contains_neither_a_url_nor_the_user(waiting):
    shown = read(waiting).model_dump_json()

    assert "https://" not in shown
    assert USER not in shown


def test_a_finding_without_a_rule_is_shown_as_such(world):
    world.has(JobState.MODERATING, with_photos=[a_photo(verdict=a_verdict(Outcome.DOUBTFUL, None))])
    request(world)

    assert read(world).photos[0].findings[0].reason is None


def test_a_decided_review_shows_no_photo(mine):
    decide(mine, NO)

    case = read(mine, OTHER)

    assert [photo.preview for photo in case.photos] == [None, None]
    assert case.review.state is ReviewState.REFUSED
    assert case.decision.photos == NO.photos
    assert case.decision.yours is False
    assert read(mine).decision.yours is True


def test_a_deleted_photo_has_no_preview(waiting):
    waiting.photos.delete(JOB, "p01")

    assert [photo.preview is None for photo in read(waiting).photos] == [False, True]


OWN = [read, claim, beat, release, reveal, lambda world, who: decide(world, YES, who), audit]


@pytest.mark.parametrize("action", OWN)
@pytest.mark.parametrize("who", [MYSELF_AS_USER, a_moderator(USER)], ids=["mapped", "same id"])
def test_a_moderator_cannot_work_a_case_of_their_own_photos(waiting, action, who):
    with pytest.raises(Forbidden, match="own"):
        action(waiting, who)

    assert waiting.reviews.get(REVIEW) == waiting.reviews.get(REVIEW)
    assert waiting.reviews.get(REVIEW).version == 1
    assert listed(waiting, who).reviews == ()


@pytest.mark.parametrize("action", OWN)
def test_an_unknown_review_is_not_found(world, action):
    with pytest.raises(NotFound):
        action(world, ME)


# --- leased ---------------------------------------------------------------------------------------


def test_a_claim_is_a_lease_that_others_see(waiting):
    mine = claim(waiting)

    assert (mine.until, mine.heartbeat_seconds) == (NOW + LEASE, 30)
    assert listed(waiting).reviews[0].lease.yours is True
    assert listed(waiting, OTHER).reviews[0].lease.yours is False
    with pytest.raises(Conflict, match="another moderator has"):
        claim(waiting, OTHER)


def test_claiming_again_renews_the_lease(mine):
    mine.clock.advance(timedelta(minutes=1))

    assert claim(mine).until == NOW + timedelta(minutes=3)


def test_of_two_concurrent_claims_one_succeeds(waiting, monkeypatch):
    seen = waiting.reviews.get(REVIEW)
    claim(waiting)
    monkeypatch.setattr(waiting.reviews, "get", lambda _: seen)

    with pytest.raises(Conflict):
        claim(waiting, OTHER)

    monkeypatch.undo()
    assert waiting.reviews.get(REVIEW).lease.by == MODERATOR


def test_a_heartbeat_extends_the_lease_and_is_not_audited(mine):
    for _ in range(10):
        mine.clock.advance(timedelta(seconds=90))
        assert beat(mine).until == mine.clock.now() + LEASE

    assert entries(mine) == [AuditAction.OPENED, AuditAction.CLAIMED]


@pytest.mark.parametrize(
    "action", [beat, release, reveal, decide], ids=lambda action: action.__name__
)
def test_an_expired_lease_is_lost(mine, action):
    mine.clock.advance(LEASE)

    with pytest.raises(Conflict, match="claim it"):
        action(mine)

    assert mine.workflow.answers == {}
    assert claim(mine, OTHER).until == mine.clock.now() + LEASE
    with pytest.raises(Conflict):
        action(mine)


@pytest.mark.parametrize(
    "action", [beat, release, reveal, decide], ids=lambda action: action.__name__
)
def test_acting_without_a_lease_is_a_conflict(waiting, action):
    with pytest.raises(Conflict, match="claim it"):
        action(waiting)


def test_a_released_case_can_be_claimed_by_any_moderator(mine):
    assert release(mine).lease is None

    assert claim(mine, OTHER).until == NOW + LEASE
    assert entries(mine) == [
        AuditAction.OPENED,
        AuditAction.CLAIMED,
        AuditAction.RELEASED,
        AuditAction.CLAIMED,
    ]


def test_a_lease_ends_at_the_deadline_at_the_latest(waiting):
    waiting.clock.advance(timedelta(hours=12) - timedelta(seconds=30))

    assert claim(waiting).until == NOW + timedelta(hours=12)


def test_a_case_past_its_deadline_cannot_be_claimed(waiting):
    waiting.clock.advance(timedelta(hours=12))

    with pytest.raises(Conflict, match="expired"):
        claim(waiting)


# --- revealed -------------------------------------------------------------------------------------


def test_a_reveal_is_counted_and_returns_a_url_for_a_minute(mine):
    shown = reveal(mine)

    assert shown.url == mine.photos.review_url(JOB, "p02")
    assert shown.expires_at == NOW + timedelta(minutes=1)
    assert (shown.exposure.used, shown.exposure.limit) == (1, BUDGET)
    last = mine.audit_log.for_review(REVIEW)[-1]
    assert (last.action, last.actor, last.details) == (
        AuditAction.REVEALED,
        MODERATOR,
        {"photo_id": "p02"},
    )


def test_a_photo_of_another_case_cannot_be_revealed(mine):
    with pytest.raises(NotFound):
        reveal(mine, photo="p09")

    assert mine.desk_counters.exposure(MODERATOR, desk_day(NOW)).used == 0


def test_the_exposure_budget_warns_and_then_requires_a_lead(mine):
    states = [reveal(mine).exposure.state for _ in range(BUDGET)]
    with pytest.raises(OverQuota):
        reveal(mine)
    with pytest.raises(OverQuota):
        reveal(mine)

    assert states == [*[ExposureState.OK] * 3, ExposureState.WARNED, ExposureState.USED_UP]
    assert entries(mine).count(AuditAction.REVEALED) == BUDGET
    assert entries(mine).count(AuditAction.EXPOSURE_ASKED) == 1
    (asking,) = stats(mine, LEAD).moderators
    assert (asking.moderator, asking.asks) == (MODERATOR, True)

    assert grant(mine, more=1).limit == BUDGET + 1
    assert reveal(mine).exposure.used == BUDGET + 1
    with pytest.raises(OverQuota):
        reveal(mine)


def test_a_new_day_has_a_new_exposure_budget(mine):
    for _ in range(BUDGET):
        reveal(mine)
    mine.clock.set(NOW.replace(hour=23, minute=59))
    claim(mine)
    with pytest.raises(OverQuota):
        reveal(mine)

    mine.clock.advance(timedelta(minutes=1))

    assert mine.clock.now().day == NOW.day + 1
    with pytest.raises(Conflict, match="expired"):
        reveal(mine)  # the case's own deadline is midnight
    assert mine.desk_counters.exposure(MODERATOR, desk_day(mine.clock.now())).used == 0


@pytest.mark.parametrize(
    ("who", "to"), [(ME, "moderator-2"), (LEAD, LEAD.id)], ids=["no lead", "oneself"]
)
def test_only_another_lead_grants_exposure(waiting, who, to):
    with pytest.raises(Forbidden):
        grant(waiting, who, to)

    assert waiting.desk_counters.exposure(to, desk_day(NOW)).extra == 0


# --- decided --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("decision", "state", "action"),
    [
        (YES, ReviewState.APPROVED, AuditAction.APPROVED),
        (NO, ReviewState.REFUSED, AuditAction.REFUSED),
    ],
)
def test_a_decision_is_stored_and_continues_the_state_machine(mine, decision, state, action):
    view = decide(mine, decision)

    decided = mine.reviews.get(REVIEW)
    assert view.state is decided.state is state
    assert decided.refused == decision.photos
    assert (decided.decided_by, decided.decided_at, decided.lease) == (MODERATOR, NOW, None)
    result = {"job_id": JOB, "approved": decision.approve, "second": False}
    assert mine.workflow.answers == {"token-1": result}
    assert entries(mine)[-1] is action
    assert listed(mine).reviews == ()


def test_a_decision_is_audited_with_its_reason(mine):
    decide(mine, NO)

    last = audit(mine).entries[-1]
    assert last.details == {"p02": "POLICY.VIOLENCE"}
    assert verify(mine.audit_log.entries(), mine.audit_log.head()).hash == last.hash


@pytest.mark.parametrize(
    "decision",
    [
        DecideReview(approve=True, photos=NO.photos),
        DecideReview(approve=False),
        DecideReview(approve=False, photos=NO.photos * 2),
        DecideReview(
            approve=False, photos=(RefusedPhoto(photo_id="p09", reason=Reason.POLICY_HATE),)
        ),
        DecideReview(
            approve=False,
            photos=(RefusedPhoto(photo_id="p02", reason=Reason.SYSTEM_UNAVAILABLE),),
        ),
    ],
    ids=["yes with a photo", "no without one", "twice", "not in the case", "no moderator's reason"],
)
def test_an_inconsistent_decision_is_refused(mine, decision):
    with pytest.raises(Invalid):
        decide(mine, decision)

    assert mine.reviews.get(REVIEW).state is ReviewState.WAITING
    assert mine.workflow.answers == {}


@pytest.mark.parametrize("reason", MODERATOR_REASONS)
def test_every_reason_for_moderators_is_accepted(mine, reason):
    refusal = (RefusedPhoto(photo_id="p02", reason=reason),)

    decide(mine, DecideReview(approve=False, photos=refusal))

    assert mine.reviews.get(REVIEW).refused == refusal
    assert stats(mine).refused_by_reason == {reason: 1}


@pytest.mark.parametrize("second", [YES, NO])
def test_the_second_moderator_gets_a_conflict(mine, second):
    decide(mine)

    with pytest.raises(Conflict):
        decide(mine, second, OTHER)

    assert mine.reviews.get(REVIEW).decided_by == MODERATOR


def test_a_moderator_cannot_change_their_mind(mine):
    decide(mine)

    with pytest.raises(Conflict):
        decide(mine, NO)

    assert mine.reviews.get(REVIEW).state is ReviewState.APPROVED


def test_of_two_concurrent_decisions_one_counts(mine, monkeypatch):
    seen = mine.reviews.get(REVIEW)
    decide(mine)
    monkeypatch.setattr(mine.reviews, "get", lambda _: seen)

    with pytest.raises(Conflict):
        decide(mine, NO)

    monkeypatch.undo()
    assert mine.reviews.get(REVIEW).state is ReviewState.APPROVED
    assert len(mine.workflow.answers) == 1
    assert stats(mine).approved == 1


def test_repeating_a_decision_returns_its_lost_response(mine, monkeypatch):
    def lose(*_):
        raise Unavailable("no answer")

    monkeypatch.setattr(mine.workflow, "resume", lose)
    with pytest.raises(Unavailable):
        decide(mine, NO)
    monkeypatch.undo()
    mine.clock.advance(timedelta(hours=13))

    decide(mine, NO)

    assert mine.reviews.get(REVIEW).decided_at == NOW
    assert [result["approved"] for result in mine.workflow.answers.values()] == [False]
    assert entries(mine).count(AuditAction.REFUSED) == 1
    assert stats(mine).refused == 1


def test_the_same_decision_of_another_moderator_is_a_conflict(mine, monkeypatch):
    """Even while the state machine still waits: the decision is the first moderator's."""

    def lose(*_):
        raise Unavailable("no answer")

    monkeypatch.setattr(mine.workflow, "resume", lose)
    with pytest.raises(Unavailable):
        decide(mine, NO)
    monkeypatch.undo()

    with pytest.raises(Conflict, match="already"):
        decide(mine, NO, a_moderator("moderator-2"))

    assert mine.reviews.get(REVIEW).decided_by == ME.id
    assert not mine.workflow.answers


def test_a_decision_without_a_waiting_task_is_a_conflict(mine):
    mine.workflow.waiting_tokens.clear()

    with pytest.raises(Conflict, match="waits"):
        decide(mine)


# --- a second opinion -----------------------------------------------------------------------------


@pytest.fixture
def second(mine):
    """Refused by ME, and waiting for a second moderator."""
    decide(mine, NO, second_percent=100)
    request_second(mine)
    return mine


def test_a_sampled_decided_case_waits_for_a_second_opinion(second):
    assert second.workflow.answers["token-1"]["second"] is True
    review = second.reviews.get(SECOND)

    assert review.photos == second.reviews.get(REVIEW).photos
    assert review.decide_by == NOW + timedelta(minutes=30)
    assert second.reviews.task_token(SECOND) == "token-2"


def test_the_second_moderator_sees_no_trace_of_the_first_decision(second):
    (shown,) = listed(second, OTHER).reviews
    case = read(second, OTHER, SECOND)

    assert shown.kind is ReviewKind.PHOTOS
    assert case.decision is None
    assert MODERATOR not in case.model_dump_json()
    assert [action.action for action in audit(second, OTHER, SECOND).entries] == [
        AuditAction.OPENED
    ]
    for look in (read, audit):
        with pytest.raises(Forbidden, match="second opinion"):
            look(second, OTHER)
        look(second, ME)


def test_the_first_moderator_cannot_give_the_second_opinion(second):
    assert listed(second).reviews == ()
    with pytest.raises(Forbidden, match="already decided"):
        claim(second, ME, SECOND)


@pytest.mark.parametrize(
    ("decision", "agreement"), [(NO, 1.0), (YES, 0.0)], ids=["the same", "another"]
)
def test_the_second_decision_continues_the_state_machine_and_is_compared(
    second, decision, agreement
):
    claim(second, OTHER, SECOND)
    decide(second, decision, OTHER, SECOND, second_percent=100)

    result = second.workflow.answers["token-2"]
    assert result == {"job_id": JOB, "approved": decision.approve, "second": False}
    assert (stats(second).second.pairs, stats(second).second.agreement) == (1, agreement)
    assert stats(second).refused == 1, "a second opinion is no second decision"
    assert read(second, OTHER).decision.approved is False, "now both may be seen"


def test_a_repeated_request_for_a_second_opinion_stores_the_newer_token(second):
    request_second(second, "token-3")

    assert second.reviews.task_token(SECOND) == "token-3"
    assert entries(second).count(AuditAction.OPENED) == 2


def test_an_undecided_second_opinion_is_closed(second):
    second.clock.advance(timedelta(minutes=30))

    assert closes(second) == 1
    assert closes(second) == 0

    assert second.reviews.get(SECOND).state is ReviewState.EXPIRED
    assert read(second, OTHER).decision is not None


def test_a_first_review_expires_with_its_state_machine(waiting):
    waiting.clock.advance(timedelta(hours=13))

    assert closes(waiting) == 0
    assert waiting.reviews.get(REVIEW).state is ReviewState.WAITING


def closes(world):
    return expire_reviews(
        reviews=world.reviews,
        appeals=world.appeal_closing,
        clock=world.clock,
    )


# --- statistics -----------------------------------------------------------------------------------


def test_the_statistics_count_waiting_and_decided_cases(waiting):
    waiting.reviews.open(
        a_review(job_id=OTHER_JOB, severity=Severity.LOW, opened_at=NOW - timedelta(hours=1)), "t"
    )
    waiting.clock.advance(timedelta(minutes=5))
    claim(waiting)

    before = stats(waiting)
    assert (before.queue.waiting, before.queue.leased) == (2, 1)
    assert before.queue.by_severity == {"critical": 0, "high": 1, "medium": 0, "low": 1}
    assert before.queue.oldest_opened_at == NOW - timedelta(hours=1)
    assert before.mean_seconds_to_decide is None
    assert (before.second.kappa, before.appeals.overturn_rate) == (None, None)

    decide(waiting, NO)

    after = stats(waiting)
    assert (after.approved, after.refused) == (0, 1)
    assert after.refused_by_reason == {Reason.POLICY_VIOLENCE: 1}
    assert after.mean_seconds_to_decide == 300


def test_only_leads_see_the_exposure_of_others(mine):
    reveal(mine)

    assert stats(mine).moderators == ()
    assert stats(mine).exposure.used == 1
    assert [one.moderator for one in stats(mine, LEAD).moderators] == [MODERATOR]


def test_the_statistics_cover_the_requested_days(mine):
    decide(mine)
    mine.clock.advance(timedelta(days=3))

    assert stats(mine, days=4).approved == 1
    assert stats(mine, days=3).approved == 0


def test_a_moderators_time_is_counted_once_from_the_claim_to_the_decision(mine):
    for _ in range(3):
        mine.clock.advance(timedelta(seconds=90))
        claim(mine)  # a heartbeat: the lease goes on

    decide(mine)
    with pytest.raises(Conflict, match="waits for"):  # the decision is repeated, not counted again
        decide(mine)

    assert mine.metrics.counted == {"CasesDecided": 1, "ModeratorSeconds": 270}


def test_the_time_of_a_lost_lease_does_not_count(mine):
    mine.clock.advance(LEASE)
    claim(mine)
    mine.clock.advance(timedelta(seconds=60))

    decide(mine)

    assert mine.metrics.counted["ModeratorSeconds"] == 60
