"""The review of a doubtful job: asked for, listed, read and decided once."""

from datetime import timedelta

import pytest

from likeness.api import Decide, Page
from likeness.domain.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from likeness.domain.job import JobState
from likeness.domain.moderation import Outcome
from likeness.domain.reasons import Reason
from likeness.domain.review import ReviewState, review_of
from likeness.services.decide_review import decide_review
from likeness.services.list_reviews import list_reviews
from likeness.services.read_review import read_review
from likeness.services.request_review import request_review
from tests.builders import (
    JOB,
    MODERATOR,
    NOW,
    OTHER_JOB,
    USER,
    a_photo,
    a_review,
    a_verdict,
)

REVIEW = review_of(JOB)
YES = Decide(approve=True)
NO = Decide(approve=False, reason=Reason.POLICY_VIOLENCE)
DOUBTFUL = a_verdict(Outcome.DOUBTFUL, Reason.POLICY_VIOLENCE)


def request(world, under="token-1"):
    request_review(
        JOB,
        under,
        jobs=world.jobs,
        reviews=world.reviews,
        clock=world.clock,
        decide_within=timedelta(hours=12),
    )


def decide(world, decision, moderator=MODERATOR):
    return decide_review(
        REVIEW,
        decision,
        moderator=moderator,
        jobs=world.jobs,
        reviews=world.reviews,
        workflow=world.workflow,
        clock=world.clock,
    )


def read(world, moderator=MODERATOR):
    return read_review(
        REVIEW, moderator=moderator, jobs=world.jobs, reviews=world.reviews, photos=world.photos
    )


@pytest.fixture
def waiting(world):
    """A job in whose second photo something doubtful was found, and whose review waits."""
    there = [a_photo(1, verdict=a_verdict()), a_photo(2, verdict=DOUBTFUL)]
    world.has(JobState.MODERATING, with_photos=there)
    request(world)
    world.workflow.waiting_tokens.add("token-1")
    return world


# --- asked for -----------------------------------------------------------------------------------


def test_a_review_shows_only_what_was_doubtful_and_has_a_deadline(waiting):
    review = waiting.reviews.get(REVIEW)

    assert [photo.photo_id for photo in review.photos] == ["p02"]
    assert review.photos[0].findings == DOUBTFUL.findings
    assert review.decide_by == NOW + timedelta(hours=12)
    assert waiting.job.state is JobState.IN_REVIEW
    assert waiting.reviews.task_token(REVIEW) == "token-1"


def test_a_replayed_request_keeps_the_deadline_and_takes_the_newer_token(waiting):
    waiting.clock.advance(timedelta(hours=1))

    request(waiting, "token-2")

    assert waiting.reviews.get(REVIEW).decide_by == NOW + timedelta(hours=12)
    assert waiting.reviews.task_token(REVIEW) == "token-2"
    assert len([moment for moment in waiting.job.timeline if moment.state == "in_review"]) == 1


def test_a_crash_before_the_job_was_saved_is_mended(world, monkeypatch):
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


# --- listed and read -----------------------------------------------------------------------------


def test_the_queue_shows_the_next_to_expire_first_and_no_token(waiting):
    waiting.reviews.open(a_review(job_id=OTHER_JOB, decide_by=NOW), "token-9")

    queue = list_reviews(Page(), reviews=waiting.reviews)

    assert [review.job_id for review in queue.reviews] == [OTHER_JOB, JOB]
    assert "token" not in queue.model_dump_json()


def test_a_moderator_sees_what_was_found_and_a_link_to_that_photo(waiting):
    (photo,) = read(waiting).photos

    assert photo.photo_id == "p02"
    assert photo.findings == ("doubtful: POLICY.VIOLENCE, Weapons (62 %)",)
    assert photo.link == waiting.photos.review_link(JOB, "p02")


def test_a_finding_without_a_rule_says_so(world):
    world.has(JobState.MODERATING, with_photos=[a_photo(verdict=a_verdict(Outcome.DOUBTFUL, None))])
    request(world)

    assert read(world).photos[0].findings == ("doubtful: no rule for this, Weapons (62 %)",)


def test_a_review_that_was_decided_shows_no_photo_any_more(waiting):
    decide(waiting, YES)

    assert read(waiting).photos == ()
    assert read(waiting).state == ReviewState.APPROVED


@pytest.mark.parametrize(
    "act", [lambda world: read(world, USER), lambda world: decide(world, YES, USER)]
)
def test_nobody_moderates_their_own_photos(waiting, act):
    with pytest.raises(Forbidden):
        act(waiting)

    assert waiting.reviews.get(REVIEW).state is ReviewState.WAITING


@pytest.mark.parametrize("act", [read, lambda world: decide(world, YES)])
def test_an_unknown_review_is_not_found(world, act):
    with pytest.raises(NotFound):
        act(world)


# --- decided -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("decision", "state", "reason"),
    [
        (YES, ReviewState.APPROVED, None),
        (NO, ReviewState.REFUSED, Reason.POLICY_VIOLENCE),
    ],
)
def test_a_decision_is_stored_and_the_state_machine_goes_on(waiting, decision, state, reason):
    decided = decide(waiting, decision)

    assert waiting.reviews.get(REVIEW) == decided
    assert (decided.state, decided.reason) == (state, reason)
    assert (decided.decided_by, decided.decided_at) == (MODERATOR, NOW)
    told = {"job_id": JOB, "approved": decision.approve}
    assert waiting.workflow.answers == {"token-1": told}


@pytest.mark.parametrize(
    "decision",
    [Decide(approve=True, reason=Reason.POLICY_NUDITY), Decide(approve=False)],
    ids=["yes with a reason", "no without one"],
)
def test_a_decision_needs_a_reason_exactly_when_it_refuses(waiting, decision):
    with pytest.raises(Invalid):
        decide(waiting, decision)

    assert waiting.reviews.get(REVIEW).state is ReviewState.WAITING


@pytest.mark.parametrize("second", [YES, NO])
def test_the_second_moderator_gets_a_conflict(waiting, second):
    decide(waiting, YES)

    with pytest.raises(Conflict):
        decide(waiting, second, "moderator-2")

    assert waiting.reviews.get(REVIEW).decided_by == MODERATOR


def test_a_moderator_cannot_change_their_mind(waiting):
    decide(waiting, YES)

    with pytest.raises(Conflict):
        decide(waiting, NO)

    assert waiting.reviews.get(REVIEW).state is ReviewState.APPROVED


def test_two_moderators_at_once_cannot_both_decide(waiting, monkeypatch):
    seen = waiting.reviews.get(REVIEW)
    decide(waiting, YES)
    monkeypatch.setattr(waiting.reviews, "get", lambda _: seen)

    with pytest.raises(Conflict):
        decide(waiting, NO, "moderator-2")

    monkeypatch.undo()
    assert waiting.reviews.get(REVIEW).state is ReviewState.APPROVED
    assert waiting.workflow.answers == {"token-1": {"job_id": JOB, "approved": True}}


def test_an_answer_that_was_lost_is_given_again_by_the_same_decision(waiting, monkeypatch):
    def lose(*_):
        raise Unavailable("no answer")

    monkeypatch.setattr(waiting.workflow, "resume", lose)
    with pytest.raises(Unavailable):
        decide(waiting, NO)
    monkeypatch.undo()
    waiting.clock.advance(timedelta(hours=13))

    decided = decide(waiting, NO)

    assert decided.decided_at == NOW
    assert waiting.workflow.answers == {"token-1": {"job_id": JOB, "approved": False}}


def test_a_decision_after_the_deadline_is_refused(waiting):
    waiting.clock.set(waiting.reviews.get(REVIEW).decide_by)

    with pytest.raises(Conflict, match="ran out"):
        decide(waiting, YES)

    assert waiting.workflow.answers == {}


def test_a_decision_that_nobody_waits_for_is_a_conflict(waiting):
    waiting.workflow.waiting_tokens.clear()

    with pytest.raises(Conflict, match="no longer"):
        decide(waiting, YES)
