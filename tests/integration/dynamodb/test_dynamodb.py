"""Behaviour of the real table only: keys, limits, and lost responses."""

from collections import Counter
from datetime import timedelta

import pytest
from botocore.exceptions import ConnectionClosedError

from likeness.adapters.account.ledger_table import LedgerTable
from likeness.adapters.dynamodb import transactions
from likeness.adapters.dynamodb.keys import TAKEN_SHARDS
from likeness.adapters.dynamodb.transactions import ATTEMPTS, FIRST_PAUSE_S, write_all
from likeness.adapters.jobs.jobs_table import JobsTable
from likeness.adapters.review.counters_table import DeskCountersTable
from likeness.adapters.review.reviews_table import ReviewsTable, review_item
from likeness.domain.account.quota import QuotaState
from likeness.domain.errors import Conflict, OverQuota, Unavailable
from likeness.domain.ids import JobId
from likeness.domain.jobs.job import JobState
from likeness.domain.review.audit import AuditAction, about
from likeness.domain.review.case import Lease, review_of
from likeness.domain.review.statistics import ALL, desk_day
from likeness.domain.verdict import Label
from tests.builders import (
    JOB,
    MIDNIGHT,
    MODERATOR,
    NOW,
    OTHER_JOB,
    TODAY,
    USER,
    USER_HASH,
    a_job,
    a_moderator,
    a_photo,
    a_review,
    a_verdict,
    an_avatar,
    decided,
    ended,
    seen,
)
from tests.fakes import FakeClock
from tests.integration.aws_answers import fail

SUBMITTED = a_job().move(JobState.MODERATING, NOW, day=TODAY, day_ends_at=MIDNIGHT)


@pytest.fixture
def jobs(table):
    return JobsTable(table, FakeClock())


@pytest.fixture
def ledger(table):
    return LedgerTable(table)


def items(table) -> dict[tuple[str, str], dict]:
    return {(item["pk"], item["sk"]): item for item in table.scan()["Items"]}


def days(moment, count: int) -> int:
    return int((moment + timedelta(days=count)).timestamp())


def test_every_record_of_a_job_is_in_its_partition_and_expires_after_90_days(table, jobs):
    jobs.create(a_job(), [a_photo()])
    jobs.save_avatars([an_avatar()])
    ReviewsTable(table).open(a_review(), "token")

    there = items(table)

    expires = {
        "META": days(a_job().created_at, 90),
        "PHOTO#p01": days(NOW, 90),
        "AVATAR#a01": days(NOW, 90),
        f"REVIEW#{review_of(JOB)}": days(NOW, 90),
        f"TOKEN#{review_of(JOB)}": days(NOW, 90),
    }
    assert {sk: item["ttl"] for (pk, sk), item in there.items() if pk == f"JOB#{JOB}"} == expires


def test_the_audit_log_names_no_user_and_does_not_expire(table):
    ReviewsTable(table).open(a_review(), "token")

    there = [item for (pk, _), item in items(table).items() if pk.startswith("CHAIN#")]

    assert len(there) == 2
    assert not any("ttl" in item or USER in str(item) for item in there)


def test_jobs_are_counted_in_many_items_and_the_sums_are_exact(table):
    """A transaction cancels another one that writes the same item, so no item counts all jobs."""
    reviews, today = ReviewsTable(table), desk_day(NOW)
    for n in range(40):
        review = a_review(job_id=JobId(f"j{n:032x}"))
        reviews.open(review, "token")
        event = about(review, AuditAction.COMPLETED, NOW)
        reviews.save(decided(review), event, {ALL: {"approved": 1}, MODERATOR: {"handled": 1}})

    counting = {pk for pk, sk in items(table) if sk == "COUNTS"}
    assert len(counting) > 10
    assert all(pk.startswith(f"DESK#{today}#") for pk in counting)
    counted = DeskCountersTable(table).counts([today])
    assert counted == {ALL: {"approved": 40}, MODERATOR: {"handled": 40}}


def test_the_index_lists_a_users_jobs_oldest_first(table, jobs):
    jobs.create(a_job(job_id=OTHER_JOB, created_at=NOW), [])
    jobs.create(a_job(), [])

    found = table.query(
        IndexName="gsi1",
        KeyConditionExpression="gsi1pk = :user",
        ExpressionAttributeValues={":user": f"USER#{USER}"},
    )["Items"]

    assert [item["job_id"] for item in found] == [JOB, OTHER_JOB]


def test_the_ledger_expires_after_400_days_and_counts_the_day(table, jobs, ledger):
    jobs.create(a_job(), [])
    ledger.reserve(SUBMITTED, limit=1, now=NOW)
    there = items(table)

    assert there[f"DAY#{USER_HASH}", TODAY]["used"] == 1
    assert there[f"DAY#{USER_HASH}", TODAY]["ttl"] == days(NOW, 400)
    assert there[f"USER#{USER}", f"ENTRY#{TODAY}#{JOB}"]["ttl"] == days(NOW, 400)

    ledger.settle(ended(SUBMITTED), QuotaState.RETURNED, now=NOW + timedelta(days=3))
    ledger.settle(ended(SUBMITTED), QuotaState.RETURNED, now=NOW + timedelta(days=3))

    there = items(table)
    assert there[f"DAY#{USER_HASH}", TODAY]["used"] == 0
    assert there[f"USER#{USER}", f"ENTRY#{TODAY}#{JOB}"]["ttl"] == days(NOW, 400)


def test_no_item_that_is_shown_contains_the_task_token(table):
    reviews = ReviewsTable(table)
    reviews.open(a_review(), "secret-token")

    holders = [sk for (_, sk), item in items(table).items() if "secret-token" in str(item)]

    assert holders == [f"TOKEN#{review_of(JOB)}"]
    assert "secret-token" not in repr(list(reviews.queue(NOW)))


def waits(table, count, **fields):
    """Write cases as ReviewsTable does, without an audit event for each."""
    with table.batch_writer() as batch:
        for n in range(count):
            decide_by = NOW + timedelta(hours=3, seconds=n)
            review = a_review(job_id=JobId(f"j{n:032x}"), decide_by=decide_by)
            batch.put_item(Item=review_item(review.model_copy(update=fields)))


@pytest.fixture
def items_read(table, monkeypatch):
    """The number of items that queries read."""
    read = Counter()
    query = table.query

    def counted(**request):
        page = query(**request)
        read["items"] += page["ScannedCount"]
        return page

    monkeypatch.setattr(table, "query", counted)
    return read


def test_the_next_case_is_found_without_reading_those_that_others_have(table, items_read):
    """60 moderators are at work, and 50 cases wait behind theirs."""
    waits(table, 50)
    for n in range(60):
        lease = Lease(by=f"moderator-{n}", until=NOW + timedelta(minutes=2))
        review = a_review(job_id=JobId(f"j{n + 5000:032x}"), decide_by=NOW + timedelta(hours=2))
        table.put_item(Item=review_item(review.model_copy(update={"lease": lease})))

    own = next(ReviewsTable(table).next_for(a_moderator("moderator-7"), NOW))
    assert own.review.lease.by == "moderator-7"
    items_read.clear()

    found = next(ReviewsTable(table).next_for(a_moderator("another"), NOW))

    assert found.review.job_id == f"j{0:032x}"
    assert items_read["items"] <= 50 + 60 / TAKEN_SHARDS * 2


def test_only_cases_that_are_due_are_read_to_expire_them(table, items_read):
    waits(table, 40)

    due = list(ReviewsTable(table).due(NOW + timedelta(hours=3, seconds=4)))

    assert len(due) == 5
    assert items_read["items"] == 5


def test_waiting_cases_are_in_every_shard_of_the_queue(table):
    waits(table, 60)

    partitions = Counter(item["gsi1pk"] for item in items(table).values())

    assert set(partitions) == {f"REVIEWS#photos-high#{n}" for n in range(4)}
    assert min(partitions.values()) > 5


def test_the_index_has_a_decided_review_under_its_day_and_a_closed_one_nowhere(table):
    reviews = ReviewsTable(table)
    row = f"JOB#{JOB}", f"REVIEW#{review_of(JOB)}"
    reviews.open(a_review(), "token")
    queued = items(table)[row]["gsi1pk"]

    review = decided(a_review())
    reviews.save(review)

    assert items(table)[row]["gsi1pk"] == f"REVIEWS#{NOW.date()}" != queued
    assert reviews.get(review_of(JOB)).decided_by == MODERATOR

    reviews.save(review.hold("moderator-1"))
    reviews.save(review.hold("moderator-1").close(NOW))

    assert "gsi1pk" not in items(table)[row]


def test_more_than_one_page_of_avatars_is_read(jobs):
    """A query returns at most 1 MiB."""
    label = Label(name="L" * 50_000, confidence=50)
    verdict = a_verdict().model_copy(update={"evidence": seen(labels=(label,))})
    avatars = [an_avatar(n, verdict=verdict) for n in range(1, 31)]
    jobs.save_avatars(avatars)

    assert jobs.avatars(JOB) == avatars


@pytest.mark.parametrize(
    ("operation", "call"),
    [
        ("GetItem", lambda jobs: jobs.get(JOB)),
        ("Query", lambda jobs: jobs.photos(JOB)),
        ("PutItem", lambda jobs: jobs.save(a_job().change())),
        ("PutItem", lambda jobs: jobs.add_photo(a_photo(2))),
        ("PutItem", lambda jobs: jobs.save_photo(a_photo(), seen=a_photo())),
        ("BatchWriteItem", lambda jobs: jobs.save_avatars([an_avatar()])),
        ("TransactWriteItems", lambda jobs: jobs.create(a_job(job_id=OTHER_JOB), [])),
    ],
)
@pytest.mark.parametrize(
    "code", ["ThrottlingException", "InternalServerError", "AccessDeniedException"]
)
def test_an_aws_failure_is_unavailable(table, jobs, operation, call, code):
    jobs.create(a_job(), [a_photo()])
    fail(table.meta.client, operation, code, times=9)

    with pytest.raises(Unavailable, match=f"{operation} returned {code}"):
        call(jobs)


def lose_answers(table, operation: str, times: int = 1) -> None:
    """The write succeeds, and the connection breaks before the response is read."""
    left = [times]

    def lose(**_):
        if left[0]:
            left[0] -= 1
            raise ConnectionClosedError(endpoint_url="https://dynamodb.test")

    table.meta.client.meta.events.register(f"after-call.dynamodb.{operation}", lose)


def test_a_reservation_whose_answer_was_lost_is_repeated_and_counts_once(table, jobs, ledger):
    """The day is reserved, and the function crashes before it returns."""
    jobs.create(a_job(), [])
    jobs.create(a_job(job_id=OTHER_JOB), [])
    lose_answers(table, "TransactWriteItems")
    with pytest.raises(Unavailable):
        ledger.reserve(SUBMITTED, limit=1, now=NOW)

    ledger.reserve(SUBMITTED, limit=1, now=NOW + timedelta(minutes=11))

    other = SUBMITTED.model_copy(update={"job_id": OTHER_JOB})
    with pytest.raises(OverQuota):
        ledger.reserve(other, limit=1, now=NOW)
    assert items(table)[f"DAY#{USER_HASH}", TODAY]["used"] == 1


def test_a_settlement_whose_answer_was_lost_returns_one_day(table, jobs, ledger):
    jobs.create(a_job(), [])
    ledger.reserve(SUBMITTED, limit=1, now=NOW)
    lose_answers(table, "TransactWriteItems")
    with pytest.raises(Unavailable):
        ledger.settle(ended(SUBMITTED), QuotaState.RETURNED, now=NOW)

    ledger.settle(ended(SUBMITTED), QuotaState.RETURNED, now=NOW)

    assert items(table)[f"DAY#{USER_HASH}", TODAY]["used"] == 0


def test_a_settlement_that_lost_the_race_changes_nothing(table, jobs, ledger, monkeypatch):
    """Both read a reserved entry; one of them writes first."""
    jobs.create(a_job(), [])
    ledger.reserve(SUBMITTED, limit=1, now=NOW)
    reserved = ledger.entries(USER, TODAY)[0]
    ledger.settle(ended(SUBMITTED), QuotaState.RETURNED, now=NOW)
    monkeypatch.setattr(LedgerTable, "_entry", lambda *_: reserved)

    ledger.settle(ended(SUBMITTED), QuotaState.SPENT, now=NOW)
    ledger.settle(ended(SUBMITTED), QuotaState.RETURNED, now=NOW)

    monkeypatch.undo()
    assert ledger.entries(USER, TODAY)[0].state is QuotaState.RETURNED
    assert items(table)[f"DAY#{USER_HASH}", TODAY]["used"] == 0


def cancelled(table, *codes: str, times: int) -> list[str]:
    reasons = [{"Code": code} for code in codes]
    return fail(
        table.meta.client,
        "TransactWriteItems",
        "TransactionCanceledException",
        times=times,
        CancellationReasons=reasons,
    )


def test_conflicting_transactions_are_retried_with_a_delay(table):
    calls = cancelled(table, "None", "TransactionConflict", times=3)
    pauses: list[float] = []
    write = transactions.put(table, {"pk": "JOB#a", "sk": "b"})

    write_all(table, write, pause=pauses.append)

    assert len(calls) == 4
    assert ("JOB#a", "b") in items(table)
    assert all(0 <= p <= FIRST_PAUSE_S * 2**n for n, p in enumerate(pauses))
    assert len(pauses) == 3


def test_transactions_that_keep_conflicting_are_given_up(table):
    calls = cancelled(table, "TransactionConflict", times=999)
    write = transactions.put(table, {"pk": "JOB#a", "sk": "b"})

    with pytest.raises(Unavailable, match="TransactionConflict"):
        write_all(table, write, pause=lambda _: None)

    assert len(calls) == ATTEMPTS


def test_a_transaction_that_cannot_succeed_is_not_retried(table):
    calls = cancelled(table, "None", "ItemCollectionSizeLimitExceeded", times=999)
    write = transactions.put(table, {"pk": "JOB#a", "sk": "b"})

    with pytest.raises(Unavailable, match="ItemCollectionSizeLimitExceeded"):
        write_all(table, write, pause=lambda _: None)

    assert len(calls) == 1


@pytest.mark.parametrize(
    ("codes", "error"),
    [
        (("ConditionalCheckFailed", "ConditionalCheckFailed", "None"), Conflict),
        (("None", "ConditionalCheckFailed", "None"), OverQuota),
    ],
)
def test_the_reasons_of_a_cancelled_reservation_are_distinguished(table, ledger, codes, error):
    cancelled(table, *codes, times=9)

    with pytest.raises(error):
        ledger.reserve(SUBMITTED, limit=1, now=NOW)
