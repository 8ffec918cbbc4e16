"""A case at the review desk: opened, listed, read, leased, revealed and decided once."""

import base64
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from likeness.adapters.policy_files import load_guidelines, load_policy
from likeness.api.review import (
    AddNote,
    ClaimNext,
    DecideReview,
    EscalateReview,
    GrantExposure,
    QueueQuery,
    RevealPhoto,
    SkipReview,
    StatsQuery,
)
from likeness.domain.errors import (
    CaseDecided,
    CaseTaken,
    ConcurrentChange,
    Conflict,
    DeadlinePassed,
    Forbidden,
    Invalid,
    NoLease,
    NotFound,
    OverQuota,
    Unavailable,
)
from likeness.domain.jobs.job import JobState
from likeness.domain.photos.photo import PhotoState
from likeness.domain.reasons import Reason
from likeness.domain.review.appeal import Appeal, AppealedPhoto, AppealState
from likeness.domain.review.audit import AuditAction
from likeness.domain.review.case import (
    LAST_MOMENT,
    MAX_NOTES,
    MODERATOR_REASONS,
    UTC_ZONE,
    RefusedPhoto,
    job_of,
    review_of,
)
from likeness.domain.review.kinds import ReviewKind, ReviewState
from likeness.domain.review.sampling import ReviewPolicy, is_sampled
from likeness.domain.review.statistics import ExposureState, desk_day
from likeness.domain.verdict import Outcome, Severity
from likeness.services.review.add_note import add_note
from likeness.services.review.claim_next import claim_next
from likeness.services.review.claim_review import claim_review
from likeness.services.review.complete_decision import complete_decision
from likeness.services.review.decide_review import decide_review
from likeness.services.review.escalate_review import escalate_review
from likeness.services.review.expire_reviews import expire_reviews
from likeness.services.review.grant_exposure import grant_exposure
from likeness.services.review.heartbeat_review import heartbeat_review
from likeness.services.review.list_reviews import list_reviews
from likeness.services.review.read_audit import read_audit
from likeness.services.review.read_guidelines import read_guidelines
from likeness.services.review.read_review import read_review
from likeness.services.review.release_review import release_review
from likeness.services.review.request_review import request_review
from likeness.services.review.request_second_review import request_second_review
from likeness.services.review.return_review import return_review
from likeness.services.review.reveal_photo import reveal_photo
from likeness.services.review.review_stats import review_stats
from likeness.services.review.skip_review import skip_review
from likeness.services.review.undo_decision import undo_decision
from tests.alarms import goes_off
from tests.builders import (
    JOB,
    MODERATOR,
    NOW,
    OTHER_JOB,
    USER,
    a_job,
    a_moderator,
    a_photo,
    a_policy,
    a_review,
    a_verdict,
    an_assurance,
    intact,
    seen,
    tiers,
)
from tests.fakes.staff import FakeStaff, a_member

REVIEW, SECOND = review_of(JOB), review_of(JOB, ReviewKind.SECOND)
LEASE = timedelta(minutes=2)
UNDO = timedelta(seconds=10)
BUDGET = 5
YES = DecideReview(approve=True)
NO = DecideReview(
    approve=False, photos=(RefusedPhoto(photo_id="p02", reason=Reason.POLICY_VIOLENCE),)
)
DOUBTFUL = a_verdict(Outcome.DOUBTFUL, Reason.POLICY_VIOLENCE)
ME = a_moderator()
OTHER = a_moderator("moderator-2")
LEAD = a_moderator("lead-1", lead=True)
STAFF = FakeStaff(
    a_member("ann", MODERATOR), a_member("bob", "moderator-2"), a_member("lea", "lead-1")
)
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
        QueueQuery(**query),
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
        reviews=world.reviews,
        case=world.case_reader,
        clock=world.clock,
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


def reveal(world, moderator=ME, photo="p01", level="clear", budget=BUDGET):
    return reveal_photo(
        REVIEW,
        RevealPhoto(photo_id=photo, level=level),
        moderator=moderator,
        reviews=world.reviews,
        desk_counters=world.desk_counters,
        photos=world.photos,
        previews=world.pictures,
        policy=a_policy(),
        clock=world.clock,
        budget=budget,
    )


def decide(world, decision=YES, moderator=ME, review=REVIEW, second_percent=0, undo=UNDO):
    return decide_review(
        review,
        decision,
        moderator=moderator,
        reviews=world.reviews,
        pending=world.pending,
        clock=world.clock,
        escalate=a_policy().escalate,
        undo=undo,
        second_percent=second_percent,
    )


def complete(world, review=REVIEW):
    return complete_decision(
        review,
        reviews=world.reviews,
        known_cases=world.known_cases,
        effect=world.decision_effect,
    )


def decides(world, decision=YES, moderator=ME, review=REVIEW, second_percent=0):
    """A decision that takes effect at once."""
    shown = decide(world, decision, moderator, review, second_percent, undo=timedelta(0))
    complete(world, world.pending.scheduled[-1][0])
    return shown


def undo(world, moderator=ME):
    return undo_decision(
        REVIEW, moderator=moderator, reviews=world.reviews, clock=world.clock, lease=LEASE
    )


def following(world, moderator=ME, **wanted):
    return claim_next(
        ClaimNext(**wanted),
        moderator=moderator,
        reviews=world.reviews,
        desk_counters=world.desk_counters,
        case=world.case_reader,
        clock=world.clock,
        lease=LEASE,
        budget=BUDGET,
    )


def skip(world, moderator=ME):
    request = SkipReview(reason="upsetting")
    return skip_review(
        REVIEW, request, moderator=moderator, reviews=world.reviews, clock=world.clock
    )


def escalate(world, moderator=ME):
    request = EscalateReview(note="Is that a toy?")
    return escalate_review(
        REVIEW, request, moderator=moderator, reviews=world.reviews, clock=world.clock
    )


def returns(world, moderator=LEAD):
    return return_review(REVIEW, moderator=moderator, reviews=world.reviews, clock=world.clock)


def note(world, moderator=ME, text="Please take a second look."):
    request = AddNote(text=text)
    return add_note(REVIEW, request, moderator=moderator, reviews=world.reviews, clock=world.clock)


def has_photos(world, n):
    job = a_job(JobState.IN_REVIEW, job_id=f"j{n:032x}", user_id=f"user-{n}")
    world.jobs.create(job, [a_photo(1, job_id=job.job_id, verdict=DOUBTFUL)])
    world.photos.store(job.job_id, "p01", b"jpeg")


def audit(world, moderator=ME, review=REVIEW):
    return read_audit(
        review,
        moderator=moderator,
        reviews=world.reviews,
        audit_log=world.audit_log,
        clock=world.clock,
    )


def grant(world, moderator=LEAD, to=MODERATOR, more=3, staff=STAFF):
    return grant_exposure(
        GrantExposure(moderator=to, more=more),
        moderator=moderator,
        desk_counters=world.desk_counters,
        staff=staff,
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
    return [entry.action for entry in world.audit_log.written]


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


def ends_unseen(world, monkeypatch):
    """The job ends after a step has read it."""
    seen = world.job
    world.jobs.save(seen.move(JobState.FAILED, NOW, reason=Reason.SYSTEM_UNAVAILABLE))
    monkeypatch.setattr(world.jobs, "get", lambda _: seen)


def test_a_job_that_ends_as_its_case_is_opened_leaves_no_case(world, monkeypatch):
    world.has(JobState.MODERATING, with_photos=[a_photo(1, verdict=DOUBTFUL)])
    ends_unseen(world, monkeypatch)

    with pytest.raises(ConcurrentChange):
        request(world)

    assert world.reviews.for_job(JOB) == []


def test_an_end_that_began_before_the_case_was_opened_sees_it(world, monkeypatch):
    """FailJob has read the job, and found no case, when its case is opened."""
    world.has(JobState.MODERATING, with_photos=[a_photo(1, verdict=DOUBTFUL)])
    seen = world.job
    request(world)

    with pytest.raises(ConcurrentChange):
        world.jobs.save(seen.move(JobState.FAILED, NOW, reason=Reason.SYSTEM_UNAVAILABLE))


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

    assert list(world.reviews.waiting()) == []


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
    real = set(ReviewKind) - {ReviewKind.KNOWN}
    reviews = [review_of(JOB, kind) for kind in real]

    assert {job_of(review) for review in reviews} == {JOB}
    assert len(set(reviews)) == len(real)
    assert review_of(JOB, ReviewKind.KNOWN) == review_of(JOB), "it looks like a first review"


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


def opened(world, n, severity=Severity.HIGH, hours=12.0, **fields):
    review = a_review(
        job_id=f"j{n:032x}",
        owner=f"user-{n}",
        severity=severity,
        decide_by=NOW + timedelta(hours=hours),
        **fields,
    )
    world.reviews.open(review, f"token-{n}")
    return review


def numbers(queue):
    return [int(review.job_id[1:], 16) for review in queue.reviews]


def test_the_queue_is_ordered_by_severity_then_by_deadline(waiting):
    opened(waiting, 7, Severity.LOW, 2)
    opened(waiting, 8, Severity.CRITICAL, 9)
    opened(waiting, 9, Severity.HIGH, 3)

    queue = listed(waiting)

    assert numbers(queue) == [8, 9, 1, 7]
    assert queue.next is None
    assert queue.exposure.limit == BUDGET
    assert "token" not in queue.model_dump_json()
    assert USER not in queue.model_dump_json()


def test_a_case_that_is_about_to_expire_is_before_more_severe_ones(waiting):
    opened(waiting, 7, Severity.LOW, 3 / 60)
    opened(waiting, 8, Severity.HIGH, 5)
    opened(waiting, 9, Severity.CRITICAL, 8)
    opened(waiting, 10, Severity.MEDIUM, 0.5)

    assert numbers(listed(waiting)) == [7, 10, 9, 8, 1]


def test_no_case_starves_behind_more_severe_ones(waiting):
    """A low case has its last hour to itself, however many critical ones arrive."""
    opened(waiting, 7, Severity.LOW, 12)
    for n in range(20, 40):
        opened(waiting, n, Severity.CRITICAL, 24)
    assert numbers(listed(waiting))[-1] == 7

    waiting.clock.advance(timedelta(hours=11, seconds=1))

    assert 7 in numbers(listed(waiting))[:2]


def test_a_higher_tier_counts_as_a_nearer_deadline_and_not_more(waiting):
    opened(waiting, 7, hours=14, priority=1)
    opened(waiting, 8, hours=16, priority=1)

    assert numbers(listed(waiting)) == [7, 1, 8]


def test_the_queue_is_filtered(waiting):
    opened(waiting, 7, Severity.LOW)
    opened(waiting, 8, kind=ReviewKind.APPEAL)

    assert numbers(listed(waiting, LEAD, severity="low")) == [7]
    assert numbers(listed(waiting, LEAD, queue="appeals")) == [8]
    assert numbers(listed(waiting, LEAD, queue="photos", severity="high")) == [1]
    assert numbers(listed(waiting, LEAD, reason="POLICY.NUDITY")) == []
    assert numbers(listed(waiting, LEAD, reason="POLICY.VIOLENCE", limit=2)) == [8, 1]


def test_a_case_that_becomes_urgent_between_two_pages_is_listed_once(waiting):
    opened(waiting, 7, Severity.LOW, 1.01)
    opened(waiting, 8, Severity.MEDIUM, 12)
    first = listed(waiting, limit=1)
    waiting.clock.advance(timedelta(minutes=5))

    rest = listed(waiting, cursor=first.next)

    assert numbers(first) + numbers(rest) == [1, 8, 7]


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
    decides(mine, NO)

    case = read(mine, OTHER)

    assert [photo.preview for photo in case.photos] == [None, None]
    assert case.review.state is ReviewState.REFUSED
    assert case.decision.photos == NO.photos
    assert case.decision.yours is False
    assert read(mine).decision.yours is True


def test_a_deleted_photo_has_no_preview(waiting):
    waiting.photos.delete(JOB, "p01")

    assert [photo.preview is None for photo in read(waiting).photos] == [False, True]


def earlier(world, n, state=JobState.REFUSED, reason=Reason.POLICY_VIOLENCE, granted=False):
    job = a_job(state, job_id=f"j{n:032x}", reason=reason, created_at=NOW - timedelta(days=n))
    world.jobs.jobs[job.job_id] = job
    if granted:
        appeal = Appeal(
            job_id=job.job_id,
            opened_at=NOW,
            state=AppealState.GRANTED,
            photos=(AppealedPhoto(photo_id="p01"),),
        )
        world.appeals.save(appeal)


def test_a_case_tells_what_earlier_jobs_of_the_user_came_to(waiting):
    earlier(waiting, 0x11)
    earlier(waiting, 0x12, granted=True)
    earlier(waiting, 0x13, reason=Reason.RIGHTS_NOT_SELF)
    earlier(waiting, 0x14, reason=Reason.SUBJECT_DIFFERENT_PERSON)
    earlier(waiting, 0x15, JobState.COMPLETED, reason=None)
    waiting.jobs.create(a_job(JobState.REFUSED, job_id="j" + "f" * 32, user_id="another"), [])

    context = read(waiting).context

    assert context.jobs == 5
    assert context.refused == {Reason.POLICY_VIOLENCE: 2, Reason.RIGHTS_NOT_SELF: 1}
    assert context.appeals_granted == {Reason.POLICY_VIOLENCE: 1}
    assert f"{0x11:032x}" not in context.model_dump_json()


def test_earlier_approvals_by_moderators_are_counted(waiting):
    claim(waiting)
    decides(waiting)
    job = a_job(JobState.IN_REVIEW, job_id=OTHER_JOB)
    waiting.jobs.create(job, [a_photo(1, job_id=OTHER_JOB, verdict=DOUBTFUL)])
    waiting.reviews.open(a_review(job_id=OTHER_JOB), "t")

    assert read(waiting, OTHER, review_of(OTHER_JOB)).context.approved_by_moderators == 1


def test_the_guidelines_explain_every_reason_code_in_both_languages():
    shown = read_guidelines(guidelines=load_guidelines(), policy=load_policy())

    assert {one.code for one in shown.guidelines} == set(MODERATOR_REASONS)
    assert all(set(one.rule) == {"en", "de"} for one in shown.guidelines)
    nude = next(one for one in shown.guidelines if one.code is Reason.POLICY_NUDITY)
    assert (nude.severity, nude.points) == (Severity.HIGH, load_policy().exposure[Severity.HIGH])


OWN = [read, claim, beat, release, reveal, lambda world, who: decide(world, YES, who), audit]


@pytest.mark.parametrize("action", OWN)
@pytest.mark.parametrize("who", [MYSELF_AS_USER, a_moderator(USER)], ids=["mapped", "same id"])
def test_a_moderator_cannot_work_a_case_of_their_own_photos(waiting, action, who):
    with pytest.raises(Forbidden, match="own"):
        action(waiting, who)

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
    with pytest.raises(CaseTaken):
        claim(waiting, OTHER)


def test_claiming_again_renews_the_lease(mine):
    mine.clock.advance(timedelta(minutes=1))

    assert claim(mine).until == NOW + timedelta(minutes=3)


def before(world, monkeypatch, other):
    """Another request is stored between the next read of the case and its write."""
    read_case = world.reviews.get

    def get(review_id):
        found = read_case(review_id)
        monkeypatch.setattr(world.reviews, "get", read_case)
        other()
        return found

    monkeypatch.setattr(world.reviews, "get", get)


def test_the_loser_of_two_concurrent_claims_learns_that_another_has_the_case(waiting, monkeypatch):
    before(waiting, monkeypatch, lambda: claim(waiting, OTHER))

    with pytest.raises(CaseTaken):
        claim(waiting)

    assert waiting.reviews.get(REVIEW).lease.by == OTHER.id


def test_a_heartbeat_that_meets_another_change_is_not_lost(mine, monkeypatch):
    before(mine, monkeypatch, lambda: note(mine, OTHER))
    mine.clock.advance(timedelta(seconds=30))

    assert beat(mine).until == mine.clock.now() + LEASE
    assert len(mine.reviews.get(REVIEW).notes) == 1


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

    with pytest.raises(NoLease):
        action(mine)

    assert mine.workflow.answers == {}
    assert claim(mine, OTHER).until == mine.clock.now() + LEASE
    with pytest.raises(CaseTaken):
        action(mine)


@pytest.mark.parametrize(
    "action", [beat, release, reveal, decide], ids=lambda action: action.__name__
)
def test_acting_without_a_lease_is_a_conflict(waiting, action):
    with pytest.raises(NoLease):
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

    with pytest.raises(DeadlinePassed):
        claim(waiting)


# --- revealed -------------------------------------------------------------------------------------


def test_a_reveal_is_counted_and_returns_a_url_for_a_minute(mine):
    shown = reveal(mine)

    assert shown.url == mine.photos.review_url(JOB, "p01")
    assert shown.expires_at == NOW + timedelta(minutes=1)
    assert (shown.exposure.used, shown.exposure.limit) == (1, BUDGET)
    last = mine.audit_log.for_review(REVIEW)[-1]
    assert (last.action, last.actor, last.details) == (
        AuditAction.REVEALED,
        MODERATOR,
        {"photo_id": "p01", "level": "clear", "points": "1"},
    )


@pytest.mark.parametrize(
    ("photo", "level", "points"),
    [
        ("p01", "clear", 1),
        ("p01", "grey", 1),
        ("p01", "soft", 1),
        ("p02", "clear", 5),
        ("p02", "grey", 3),
        ("p02", "soft", 2),
    ],
)
def test_a_photo_costs_points_by_its_severity_and_how_much_is_shown(mine, photo, level, points):
    assert reveal(mine, photo=photo, level=level).exposure.used == points


@pytest.mark.parametrize("level", ["grey", "soft"])
def test_a_grey_copy_is_in_the_response(mine, level):
    shown = reveal(mine, level=level)

    assert shown.expires_at is None
    assert base64.b64decode(shown.url.partition(",")[2]) == f"{level} jpeg".encode()
    assert "https" not in shown.url


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


def moved(zone, to, at):
    return ME.model_copy(update={"zone": zone.moved_to(to, at)})


def test_the_budget_is_for_the_moderators_own_day(mine):
    in_tokyo = moved(UTC_ZONE, "Asia/Tokyo", NOW - timedelta(days=3))
    mine.clock.set(NOW.replace(hour=14, minute=59))
    claim(mine, in_tokyo)
    while reveal(mine, in_tokyo).exposure.used < BUDGET:
        pass
    shown = following(mine, in_tokyo).exposure
    assert (shown.used, shown.ends_at) == (BUDGET, NOW.replace(hour=15)), "midnight in Tokyo"
    assert listed(mine, in_tokyo).exposure == shown
    with pytest.raises(OverQuota):
        reveal(mine, in_tokyo)

    mine.clock.advance(timedelta(minutes=1))

    assert reveal(mine, in_tokyo).exposure.used == 1


@pytest.mark.parametrize("to", ["Asia/Tokyo", "America/Los_Angeles", "Europe/Berlin"])
def test_another_time_zone_gives_no_second_budget(mine, to):
    """At 20:00 in Los Angeles it is tomorrow in Tokyo."""
    before = ME.zone.moved_to("America/Los_Angeles", NOW - timedelta(days=9))
    at = NOW.replace(hour=23, minute=50)  # 15:50 there
    mine.clock.set(at)
    mine.reviews._reviews[REVIEW] = mine.reviews.get(REVIEW).model_copy(
        update={"decide_by": at + timedelta(days=3)}
    )
    here = ME.model_copy(update={"zone": before})
    claim(mine, here)
    while reveal(mine, here).exposure.used < BUDGET:
        pass

    changed = moved(before, to, at)
    ends_at = changed.today(at).ends_at
    for _ in range(3):  # to and fro does not help either
        changed = moved(changed.zone, to, at)
        with pytest.raises(OverQuota):
            reveal(mine, changed)
        changed = moved(changed.zone, "UTC", at)
    changed = moved(changed.zone, to, at)
    assert changed.today(at).ends_at == ends_at, "the day ends when it would have"

    mine.clock.set(ends_at)
    claim(mine, changed)
    assert reveal(mine, changed).exposure.used == 1


def test_own_figures_are_of_the_moderators_own_days(mine):
    in_tokyo = moved(UTC_ZONE, "Asia/Tokyo", NOW - timedelta(days=3))
    mine.clock.set(NOW.replace(hour=15, minute=1))  # 00:01 in Tokyo
    claim(mine, in_tokyo)
    decides(mine, NO, in_tokyo)

    assert stats(mine, in_tokyo, days=1).own.refused == 1
    [seen] = [one for one in stats(mine, LEAD, days=1).moderators if one.moderator == ME.id]
    assert seen.work.refused == 1
    mine.clock.set(NOW.replace(hour=14) + timedelta(days=1))  # 23:00 there: the same day
    assert stats(mine, in_tokyo, days=1).own.refused == 1
    assert stats(mine, in_tokyo, days=1).refused == 0, "the desk's day is UTC"
    mine.clock.advance(timedelta(hours=1))
    assert stats(mine, in_tokyo, days=1).own.refused == 0
    assert stats(mine, in_tokyo, days=2).own.refused == 1


def test_a_lead_sees_and_raises_the_budget_of_a_day_that_goes_on(mine):
    in_tokyo = moved(UTC_ZONE, "Asia/Tokyo", NOW - timedelta(days=3))
    staff = FakeStaff(a_member("ann", MODERATOR, zone=in_tokyo.zone))
    mine.clock.set(NOW.replace(hour=15, minute=1))
    claim(mine, in_tokyo)
    while reveal(mine, in_tokyo).exposure.used < BUDGET:
        pass
    with pytest.raises(OverQuota):
        reveal(mine, in_tokyo)

    [seen] = stats(mine, LEAD).moderators
    assert (seen.exposure.used, seen.asks) == (BUDGET, True)
    granted = grant(mine, staff=staff)
    assert granted.ends_at == NOW.replace(hour=15) + timedelta(days=1)
    assert reveal(mine, in_tokyo).exposure.used == BUDGET + 1


def test_no_points_are_granted_to_an_account_that_does_not_exist(mine):
    with pytest.raises(NotFound):
        grant(mine, to="moderator-9")


def test_a_new_day_has_a_new_exposure_budget(mine):
    for _ in range(BUDGET):
        reveal(mine)
    mine.clock.set(NOW.replace(hour=23, minute=59))
    claim(mine)
    with pytest.raises(OverQuota):
        reveal(mine)

    mine.clock.advance(timedelta(minutes=1))

    assert mine.clock.now().day == NOW.day + 1
    with pytest.raises(DeadlinePassed):
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
def test_a_decision_takes_effect_when_it_can_no_longer_be_undone(mine, decision, state, action):
    view = decide(mine, decision)

    assert (view.state, view.undo_until, view.lease) == (state, NOW + UNDO, None)
    assert mine.reviews.get(REVIEW).state is ReviewState.WAITING
    assert mine.pending.scheduled == [(REVIEW, UNDO)]
    assert complete(mine) is False, "too early: the message has to come again"
    assert mine.workflow.answers == {}
    assert listed(mine).reviews == listed(mine, OTHER).reviews == ()

    mine.clock.advance(UNDO)
    assert complete(mine) is True

    decided = mine.reviews.get(REVIEW)
    assert decided.state is state
    assert decided.refused == decision.photos
    assert (decided.decided_by, decided.decided_at, decided.lease) == (MODERATOR, NOW, None)
    result = {"job_id": JOB, "approved": decision.approve, "second": False}
    assert mine.workflow.answers == {"token-1": result}
    assert entries(mine)[-2:] == [action, AuditAction.COMPLETED]


def test_a_pending_decision_is_shown_to_its_moderator_only(mine):
    decide(mine, NO)

    assert read(mine).decision.photos == NO.photos
    other = read(mine, OTHER)
    assert (other.decision, other.review.state, other.review.undo_until) == (None, "waiting", None)
    assert other.review.lease.yours is False
    with pytest.raises(CaseTaken):
        claim(mine, OTHER)
    with pytest.raises(CaseDecided):
        claim(mine)


def test_a_decision_is_undone_and_the_case_is_the_moderators_again(mine):
    mine.clock.advance(timedelta(seconds=40))
    decide(mine, NO)
    mine.clock.advance(UNDO - timedelta(seconds=1))

    assert undo(mine).until == mine.clock.now() + LEASE
    mine.clock.advance(timedelta(seconds=1))

    assert complete(mine) is True
    review = mine.reviews.get(REVIEW)
    assert (review.state, review.refused, review.decided_at) == (ReviewState.WAITING, (), None)
    assert mine.workflow.answers == {}
    assert entries(mine)[-2:] == [AuditAction.REFUSED, AuditAction.UNDONE]
    assert stats(mine).refused == 0
    decides(mine, YES)
    assert mine.metrics.counted["ModeratorSeconds"] == 50, "from the first claim"


def test_a_decision_that_follows_an_undo_waits_its_own_time(mine):
    decide(mine, NO)
    mine.clock.advance(timedelta(seconds=8))
    undo(mine)
    decide(mine, YES)
    mine.clock.advance(timedelta(seconds=2))

    assert complete(mine) is False, "the first decision's message"
    assert mine.workflow.answers == {}
    mine.clock.advance(timedelta(seconds=8))
    assert complete(mine) is True
    assert mine.workflow.answers["token-1"]["approved"] is True


def test_a_decision_that_took_effect_cannot_be_undone(mine):
    decide(mine)
    mine.clock.advance(UNDO)

    with pytest.raises(CaseDecided):
        undo(mine)
    complete(mine)
    with pytest.raises(CaseDecided):
        undo(mine)


def test_only_its_moderator_undoes_a_decision(mine):
    decide(mine)

    with pytest.raises(CaseTaken):
        undo(mine, OTHER)


def test_an_undo_that_meets_the_completion_loses(mine, monkeypatch):
    decide(mine)
    mine.clock.advance(UNDO - timedelta(milliseconds=1))

    def completes():
        mine.clock.advance(timedelta(milliseconds=1))
        complete(mine)

    before(mine, monkeypatch, completes)
    with pytest.raises(CaseDecided):
        undo(mine)

    assert mine.reviews.get(REVIEW).state is ReviewState.APPROVED


def test_a_decision_at_the_last_moment_takes_effect_before_the_deadline(waiting):
    waiting.clock.set(NOW + timedelta(hours=12) - timedelta(seconds=8))
    claim(waiting)

    assert decide(waiting).undo_until == NOW + timedelta(hours=12) - LAST_MOMENT

    waiting.clock.advance(timedelta(seconds=3))
    assert complete(waiting) is True
    assert waiting.workflow.answers["token-1"]["approved"] is True


def test_a_decision_whose_message_was_lost_is_completed_by_the_schedule(mine):
    mine.pending.down = True
    with pytest.raises(Unavailable):
        decide(mine, NO)
    assert closes(mine) == 0

    mine.clock.advance(UNDO + timedelta(minutes=1))

    assert closes(mine) == 1
    assert mine.workflow.answers["token-1"]["approved"] is False


def test_a_pending_decision_of_a_job_that_ended_has_no_effect(mine):
    decide(mine)
    mine.reviews.save(mine.reviews.get(REVIEW).expire(NOW))
    mine.clock.advance(UNDO)

    assert complete(mine) is True
    assert mine.workflow.answers == {}
    assert mine.reviews.get(REVIEW).state is ReviewState.EXPIRED


def test_a_decision_is_audited_with_its_reason(mine):
    decides(mine, NO)

    decision, completed = audit(mine).entries[-2:]
    assert decision.details == {"p02": "POLICY.VIOLENCE"}
    assert mine.audit_log.written[-1].hash == completed.hash
    intact(mine.audit_log)


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

    decides(mine, DecideReview(approve=False, photos=refusal))

    assert mine.reviews.get(REVIEW).refused == refusal
    assert stats(mine).refused_by_reason == {reason: 1}


@pytest.mark.parametrize("second", [YES, NO])
@pytest.mark.parametrize("effective", [False, True])
def test_another_moderators_decision_is_refused(mine, second, effective):
    (decides if effective else decide)(mine)

    with pytest.raises(CaseDecided if effective else CaseTaken):
        decide(mine, second, OTHER)

    assert mine.reviews.get(REVIEW).decided_by == MODERATOR


@pytest.mark.parametrize("effective", [False, True])
def test_a_moderator_cannot_send_another_decision(mine, effective):
    (decides if effective else decide)(mine)

    with pytest.raises(CaseDecided):
        decide(mine, NO)

    assert mine.reviews.get(REVIEW).approved


def test_of_two_concurrent_decisions_one_counts(mine, monkeypatch):
    before(mine, monkeypatch, lambda: decides(mine, YES))

    with pytest.raises(CaseDecided):
        decide(mine, NO)

    assert mine.reviews.get(REVIEW).state is ReviewState.APPROVED
    assert len(mine.workflow.answers) == 1
    assert stats(mine).approved == 1


@pytest.mark.parametrize("decision", [YES, NO])
def test_a_repeated_decision_returns_the_same_response(mine, decision):
    first = decide(mine, decision)

    assert decide(mine, decision) == first
    mine.clock.advance(UNDO)
    complete(mine)
    assert decide(mine, decision) == first
    mine.clock.advance(timedelta(hours=13))
    assert decide(mine, decision) == first

    assert len(mine.workflow.answers) == 1
    action = AuditAction.APPROVED if decision.approve else AuditAction.REFUSED
    assert entries(mine).count(action) == entries(mine).count(AuditAction.COMPLETED) == 1
    assert stats(mine).approved + stats(mine).refused == 1


def test_a_repeated_decision_is_scheduled_if_the_first_was_not(mine):
    mine.pending.down = True
    with pytest.raises(Unavailable):
        decide(mine, NO)
    mine.pending.down = False
    mine.clock.advance(timedelta(seconds=4))

    assert decide(mine, NO).undo_until == NOW + UNDO

    assert mine.pending.scheduled == [(REVIEW, timedelta(seconds=6))]


def test_a_completion_that_stopped_half_way_is_repeated(mine, monkeypatch):
    decide(mine, NO, undo=timedelta(0))

    def lose(*_):
        raise Unavailable("no answer")

    monkeypatch.setattr(mine.workflow, "resume", lose)
    with pytest.raises(Unavailable):
        complete(mine)
    monkeypatch.undo()

    assert complete(mine) is complete(mine) is True

    assert [result["approved"] for result in mine.workflow.answers.values()] == [False]
    assert entries(mine).count(AuditAction.COMPLETED) == 1
    assert stats(mine).refused == 1


def test_a_decision_without_a_waiting_task_is_stored_and_continues_nothing(mine):
    mine.workflow.waiting_tokens.clear()

    decides(mine)

    assert mine.workflow.answers == {}
    assert mine.reviews.get(REVIEW).state is ReviewState.APPROVED


# --- skipped, escalated, annotated ---------------------------------------------------------------


def test_a_skipped_case_returns_to_the_queue_for_others(mine):
    assert skip(mine).lease is None

    assert following(mine).case is None
    assert following(mine, OTHER).case.review.review_id == REVIEW
    assert entries(mine)[-2:] == [AuditAction.SKIPPED, AuditAction.CLAIMED]
    assert mine.desk_counters.counts([desk_day(NOW)])[ME.id]["skipped#upsetting"] == 1


def test_a_skipped_case_comes_back_after_an_hour_or_by_its_id(mine):
    skip(mine)
    assert claim(mine).until == NOW + LEASE
    release(mine)
    mine.clock.advance(timedelta(hours=1))

    assert following(mine).case.review.review_id == REVIEW


def test_an_escalated_case_is_for_another_lead_with_a_note(mine):
    shown = escalate(mine)

    assert (shown.queue, shown.lease) == ("escalated", None)
    assert listed(mine).reviews == listed(mine, OTHER).reviews == ()
    for moderator in (ME, OTHER):
        with pytest.raises(Forbidden, match="escalated"):
            claim(mine, moderator)
    case = following(mine, LEAD, queues=("escalated",)).case
    assert (case.escalation, case.notes[0].text) == ("unsure", "Is that a toy?")
    assert mine.audit_log.for_review(REVIEW)[-2].details == {"reason": "unsure"}
    decides(mine, YES, LEAD)
    assert mine.workflow.answers["token-1"]["approved"] is True


def test_a_lead_does_not_decide_what_they_escalated_themselves(waiting):
    claim(waiting, LEAD)
    escalate(waiting, LEAD)

    with pytest.raises(Forbidden, match="another lead"):
        claim(waiting, LEAD)


def test_a_lead_returns_an_escalated_case_to_the_moderators(mine):
    escalate(mine)
    with pytest.raises(Forbidden):
        returns(mine, OTHER)
    claim(mine, LEAD)

    assert returns(mine, LEAD).queue == "photos"

    assert read(mine).notes[0].text == "Is that a toy?"
    assert claim(mine).until == NOW + LEASE
    with pytest.raises(Conflict, match="not escalated"):
        returns(mine, LEAD)


def test_moderators_leave_notes_that_the_audit_log_does_not_repeat(waiting):
    assert [one.yours for one in note(waiting, OTHER).notes] == [True]
    assert [one.yours for one in note(waiting).notes] == [False, True]

    assert entries(waiting)[-2:] == [AuditAction.NOTED] * 2
    assert "second look" not in str(waiting.audit_log.written)
    assert read(waiting).notes[0].text == "Please take a second look."


def test_a_note_that_is_sent_again_is_stored_once(waiting):
    assert note(waiting) == note(waiting)

    assert entries(waiting).count(AuditAction.NOTED) == 1


def test_a_case_has_a_bounded_number_of_notes(waiting):
    for n in range(MAX_NOTES):
        note(waiting, text=f"{n}")

    with pytest.raises(Invalid, match="notes"):
        note(waiting, text="one more")
    claim(waiting)
    with pytest.raises(Invalid, match="notes"):
        escalate(waiting)


@pytest.mark.parametrize("action", ["skip", "escalate"])
def test_only_the_lease_holder_passes_a_case_on(waiting, action):
    with pytest.raises(NoLease):
        {"skip": skip, "escalate": escalate}[action](waiting)


# --- claim next ----------------------------------------------------------------------------------


def test_claim_next_returns_the_first_case_with_its_lease_and_previews(waiting):
    opened(waiting, 7, Severity.LOW)

    found = following(waiting)

    assert found.case.review.review_id == REVIEW
    assert found.case.review.lease.yours is True
    assert found.lease.until == NOW + LEASE
    assert [photo.preview is None for photo in found.case.photos] == [False, False]
    assert found.exposure.used == 0
    assert entries(waiting)[-1] is AuditAction.CLAIMED


def test_claim_next_passes_over_what_the_moderator_may_not_work(waiting):
    opened(waiting, 7, Severity.CRITICAL, kind=ReviewKind.APPEAL)
    opened(waiting, 8, Severity.CRITICAL, excluded_moderators=(ME.id,))
    opened(waiting, 9, Severity.CRITICAL, hours=0)

    assert following(waiting).case.review.review_id == REVIEW


def test_claim_next_has_nothing_to_return(waiting):
    claim(waiting, OTHER)

    found = following(waiting)

    assert (found.case, found.lease) == (None, None)
    assert following(waiting, LEAD, severities=("low",)).case is None


def test_claim_next_repeated_returns_the_same_case(waiting):
    opened(waiting, 7)

    assert following(waiting).case.review.review_id == following(waiting).case.review.review_id


def test_concurrent_moderators_never_get_the_same_case(world):
    for n in range(1, 21):
        has_photos(world, n)
        opened(world, n)
    moderators = [a_moderator(f"moderator-{n}") for n in range(20)]

    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(lambda who: following(world, who), moderators))

    assert len({one.case.review.review_id for one in found}) == 20


def test_claim_next_goes_on_if_another_moderator_was_faster(waiting, monkeypatch):
    has_photos(waiting, 7)
    other = opened(waiting, 7, Severity.LOW)
    before(waiting, monkeypatch, lambda: claim(waiting, OTHER))

    assert following(waiting).case.review.review_id == other.review_id


# --- a second opinion -----------------------------------------------------------------------------


@pytest.fixture
def second(mine):
    """Refused by ME, and waiting for a second moderator."""
    mine.clock.advance(timedelta(minutes=1))
    decides(mine, NO, second_percent=100)
    request_second(mine)
    return mine


def test_a_sampled_decided_case_waits_for_a_second_opinion(second):
    assert second.workflow.answers["token-1"]["second"] is True
    review = second.reviews.get(SECOND)

    assert review.photos == second.reviews.get(REVIEW).photos
    assert review.decide_by == second.clock.now() + timedelta(minutes=30)
    assert second.reviews.task_token(SECOND) == "token-2"


def test_a_job_that_ends_as_its_second_case_is_opened_leaves_none(mine, monkeypatch):
    decides(mine, NO, second_percent=100)
    ends_unseen(mine, monkeypatch)

    with pytest.raises(ConcurrentChange):
        request_second(mine)

    assert [review.review_id for review in mine.reviews.for_job(JOB)] == [REVIEW]


def test_an_end_that_began_before_the_second_case_was_opened_sees_it(mine):
    decides(mine, NO, second_percent=100)
    seen = mine.job
    request_second(mine)

    with pytest.raises(ConcurrentChange):
        mine.jobs.save(seen.move(JobState.FAILED, NOW, reason=Reason.SYSTEM_UNAVAILABLE))


def test_a_second_opinion_looks_exactly_like_the_first_review(mine):
    """Same id, same times, no decision, no trace in the audit log: in the list and in the case."""
    release(mine)
    first = (listed(mine, OTHER), read(mine, OTHER))
    claim(mine)
    mine.clock.advance(timedelta(minutes=1))
    decides(mine, NO, second_percent=100)
    request_second(mine)

    assert (listed(mine, OTHER), read(mine, OTHER)) == first
    assert audit(mine, OTHER).entries == ()
    assert following(mine, OTHER).case.review.review_id == REVIEW
    assert reveal(mine, OTHER).photo_id == "p01"
    assert beat(mine, OTHER).review_id == REVIEW
    assert [entry.action for entry in audit(mine, OTHER).entries] == [
        AuditAction.CLAIMED,
        AuditAction.REVEALED,
    ]


def test_a_case_that_waits_for_its_second_opinion_looks_like_another_moderators(mine):
    """Between the first decision and the second case there is a moment."""
    decides(mine, NO, second_percent=100)

    for action in (read, audit, claim):
        with pytest.raises(CaseTaken):
            action(mine, OTHER)
    assert read(mine).decision.yours is True


def test_the_id_of_a_second_opinion_is_not_known(second):
    for action in (read, audit, claim):
        with pytest.raises(NotFound):
            action(second, OTHER, SECOND)


def test_a_second_opinion_is_urgent_but_does_not_show_it(second):
    opened(second, 7, Severity.CRITICAL)

    assert [numbers(listed(second, OTHER)), following(second, OTHER).case.review.job_id] == [
        [7, 1],
        JOB,
    ]


def test_the_first_moderator_cannot_give_the_second_opinion(second):
    assert listed(second).reviews == ()
    assert following(second).case is None
    with pytest.raises(CaseDecided):
        claim(second)


@pytest.mark.parametrize(
    ("decision", "agreement"), [(NO, 1.0), (YES, 0.0)], ids=["the same", "another"]
)
def test_the_second_decision_continues_the_state_machine_and_is_compared(
    second, decision, agreement
):
    claim(second, OTHER)
    decides(second, decision, OTHER, second_percent=100)

    result = second.workflow.answers["token-2"]
    assert result == {"job_id": JOB, "approved": decision.approve, "second": False}
    assert (stats(second).second.pairs, stats(second).second.agreement) == (1, agreement)
    assert stats(second).refused == 1, "a second opinion is no second decision"
    assert read(second, OTHER).decision.yours is True
    assert read(second, a_moderator("moderator-3")).decision.approved is False, "the first"
    result = "agreed" if agreement else "differed"
    counts = second.desk_counters.counts([desk_day(NOW)])
    assert counts[ME.id][result] == counts[OTHER.id][result] == 1
    assert counts[""][f"{result}#POLICY.VIOLENCE"] == 1


def test_a_repeated_second_decision_returns_the_same_response(second):
    claim(second, OTHER)
    first = decides(second, NO, OTHER)

    assert decide(second, NO, OTHER) == first


def test_a_repeated_request_for_a_second_opinion_stores_the_newer_token(second):
    request_second(second, "token-3")

    assert second.reviews.task_token(SECOND) == "token-3"
    assert entries(second).count(AuditAction.OPENED) == 2


def test_an_undecided_second_opinion_is_closed(second):
    claim(second, OTHER)
    second.clock.advance(timedelta(minutes=30))
    with pytest.raises(DeadlinePassed):
        beat(second, OTHER)

    assert closes(second) == 1
    assert goes_off("reviews-missed", second.metrics)
    assert closes(second) == 0

    assert second.reviews.get(SECOND).state is ReviewState.EXPIRED
    assert read(second, OTHER).decision is not None


def test_a_first_review_expires_with_its_state_machine(waiting):
    waiting.clock.advance(timedelta(hours=13))

    assert closes(waiting) == 0
    assert waiting.reviews.get(REVIEW).state is ReviewState.WAITING


@pytest.mark.parametrize(("hours", "late"), [(8, False), (9, True), (13, True)])
def test_a_case_that_has_used_three_quarters_of_its_time_rings(waiting, hours, late):
    waiting.clock.advance(timedelta(hours=hours))
    closes(waiting)

    assert goes_off("reviews-late", waiting.metrics) is late


def test_a_decided_case_is_not_late(waiting):
    claim(waiting)
    decides(waiting, NO)
    waiting.clock.advance(timedelta(hours=11))
    closes(waiting)

    assert waiting.metrics.measured == {"ReviewTimeUsed": [0]}


def closes(world):
    return expire_reviews(
        reviews=world.reviews,
        appeals=world.appeal_closing,
        effect=world.decision_effect,
        metrics=world.metrics,
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

    decides(waiting, NO)

    after = stats(waiting)
    assert (after.approved, after.refused) == (0, 1)
    assert after.refused_by_reason == {Reason.POLICY_VIOLENCE: 1}
    assert after.mean_seconds_to_decide == 300


def test_the_waiting_cases_of_the_statistics_are_those_of_the_queue(waiting):
    opened(waiting, 7, kind=ReviewKind.APPEAL)
    opened(waiting, 8, excluded_moderators=(ME.id,))
    opened(waiting, 9, hours=0)
    opened(waiting, 10, Severity.LOW)
    waiting.reviews.save(waiting.reviews.get(review_of(f"j{10:032x}")).change(owner=ME.id))

    for moderator in (ME, OTHER, LEAD):
        queue = stats(waiting, moderator).queue
        assert queue.waiting == len(listed(waiting, moderator).reviews) > 0
        assert sum(queue.by_severity.values()) == queue.waiting


def test_only_leads_see_the_exposure_of_others(mine):
    reveal(mine)

    assert stats(mine).moderators == ()
    assert stats(mine).exposure.used == 1
    assert [one.moderator for one in stats(mine, LEAD).moderators] == [MODERATOR]


def test_the_statistics_cover_the_requested_days(mine):
    decides(mine)
    mine.clock.advance(timedelta(days=3))

    assert stats(mine, days=4).approved == 1
    assert stats(mine, days=3).approved == 0


def test_a_moderators_time_is_counted_once_from_the_claim_to_the_decision(mine):
    for _ in range(3):
        mine.clock.advance(timedelta(seconds=90))
        claim(mine)  # a heartbeat: the lease goes on

    decides(mine)
    decide(mine)  # the decision is repeated, not counted again
    complete(mine)

    assert mine.metrics.counted == {"CasesDecided": 1, "ModeratorSeconds": 270}
    assert mine.desk_counters.counts([desk_day(NOW)])[ME.id]["handling"] == 270


def test_the_time_of_a_lost_lease_does_not_count(mine):
    mine.clock.advance(LEASE)
    claim(mine)
    mine.clock.advance(timedelta(seconds=60))

    decides(mine)

    assert mine.metrics.counted["ModeratorSeconds"] == 60


@pytest.mark.parametrize(("seen", "unseen"), [(True, 0), (False, 1)])
def test_an_approval_without_a_look_is_counted(mine, seen, unseen):
    if seen:
        reveal(mine)
    decides(mine)

    counts = mine.desk_counters.counts([desk_day(NOW)])
    assert counts[""]["unseen"] == counts[ME.id]["unseen"] == unseen


def test_a_look_of_another_moderator_does_not_count(mine):
    reveal(mine)
    release(mine)
    claim(mine, OTHER)
    decides(mine, YES, OTHER)

    assert mine.desk_counters.counts([desk_day(NOW)])[OTHER.id]["unseen"] == 1
