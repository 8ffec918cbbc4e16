"""The moderators' queue, on the fake and on DynamoDB."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from likeness.domain.errors import Conflict, NotFound
from likeness.domain.ids import JobId
from likeness.domain.reasons import Reason
from likeness.domain.review import ReviewState, review_of
from tests.builders import JOB, MODERATOR, NOW, OTHER_JOB, a_review

REVIEW = review_of(JOB)


@pytest.fixture
def reviews(tables):
    return tables.reviews


def test_an_open_review_waits_with_its_token(reviews):
    reviews.open(a_review(), "token-1")

    assert reviews.get(REVIEW) == a_review()
    assert reviews.waiting() == [a_review()]
    assert reviews.task_token(REVIEW) == "token-1"


def test_an_unknown_review_is_not_found(reviews):
    with pytest.raises(NotFound):
        reviews.get(REVIEW)
    with pytest.raises(NotFound):
        reviews.task_token(REVIEW)
    with pytest.raises(NotFound):
        reviews.save(a_review().expire(NOW))


def test_a_replayed_opening_keeps_the_deadline_and_takes_the_newer_token(reviews):
    reviews.open(a_review(), "token-1")

    reviews.open(a_review(decide_by=NOW + timedelta(days=9)), "token-2")

    assert reviews.get(REVIEW) == a_review()
    assert reviews.task_token(REVIEW) == "token-2"


def test_a_decision_survives_a_replayed_opening(reviews):
    reviews.open(a_review(), "token-1")
    decided = a_review().decide(ReviewState.APPROVED, now=NOW, by=MODERATOR)
    reviews.save(decided)

    reviews.open(a_review(), "token-2")

    assert reviews.get(REVIEW) == decided
    assert reviews.waiting() == []
    assert reviews.task_token(REVIEW) == "token-2"


def test_the_next_to_expire_comes_first_in_whatever_zone_it_was_written(reviews):
    zones = ("UTC", "Pacific/Apia", "America/New_York", "Asia/Kathmandu")
    hours = (9, 3, 12, 6)
    for n, (zone, left) in enumerate(zip(zones, hours, strict=True), start=1):
        decide_by = (NOW + timedelta(hours=left)).astimezone(ZoneInfo(zone))
        job_id = JobId("j" + str(n).zfill(32))
        reviews.open(a_review(job_id=job_id, decide_by=decide_by), f"token-{n}")

    assert [int(review.job_id[1:]) for review in reviews.waiting()] == [2, 4, 1, 3]


def test_a_decided_review_leaves_the_queue(reviews):
    reviews.open(a_review(), "token-1")
    reviews.open(a_review(job_id=OTHER_JOB), "token-2")

    reviews.save(
        a_review().decide(ReviewState.REFUSED, now=NOW, by=MODERATOR, reason=Reason.POLICY_VIOLENCE)
    )

    assert [review.job_id for review in reviews.waiting()] == [OTHER_JOB]
    assert reviews.get(REVIEW).reason is Reason.POLICY_VIOLENCE
    assert reviews.task_token(REVIEW) == "token-1"


def test_only_the_first_of_two_moderators_decides(reviews):
    reviews.open(a_review(), "token-1")
    seen = reviews.get(REVIEW)
    approved = seen.decide(ReviewState.APPROVED, now=NOW, by=MODERATOR)
    refused = seen.decide(
        ReviewState.REFUSED, now=NOW, by="moderator-2", reason=Reason.POLICY_NUDITY
    )

    reviews.save(approved)
    with pytest.raises(Conflict):
        reviews.save(refused)

    assert reviews.get(REVIEW) == approved


def test_the_very_same_decision_may_be_stored_again(reviews):
    reviews.open(a_review(), "token-1")
    approved = a_review().decide(ReviewState.APPROVED, now=NOW, by=MODERATOR)

    reviews.save(approved)
    reviews.save(approved)

    assert reviews.get(REVIEW) == approved


def test_the_queue_comes_in_pages_the_next_to_expire_first(reviews):
    ids = [JobId(f"j{n:032x}") for n in range(5)]
    for hours, job_id in enumerate(ids):
        review = a_review(job_id=job_id, decide_by=NOW + timedelta(hours=hours))
        reviews.open(review, "token")
    reviews.save(reviews.get(review_of(ids[1])).expire(NOW))

    first = reviews.queue(limit=2)
    second = reviews.queue(limit=2, after=first.last)

    assert [review.job_id for review in first.items] == [ids[0], ids[2]]
    assert [review.job_id for review in second.items] == [ids[3], ids[4]]
    assert second.last is None
