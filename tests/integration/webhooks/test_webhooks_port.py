"""Webhooks, deliveries and the limits of calls: the fakes, and the table."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from likeness.adapters.dynamodb import keys
from likeness.adapters.jobs.jobs_table import JobsTable
from likeness.adapters.webhooks.webhooks_table import (
    CallLimitsTable,
    DeliveriesTable,
    WebhooksTable,
)
from likeness.domain.errors import ConcurrentChange, Conflict, NotFound, TooManyWebhooks
from likeness.domain.ids import WebhookId
from likeness.domain.webhooks.delivery import Chain, DeliveryState, FailReason, SendResult
from likeness.domain.webhooks.webhook import MAX_WEBHOOKS, DisabledReason, EventType, Webhook
from tests.builders import (
    JOB,
    NOW,
    OTHER_JOB,
    OTHER_WEBHOOK,
    WEBHOOK,
    a_delivery,
    a_job,
    a_webhook,
)
from tests.fakes import FakeCallLimits, FakeClock, FakeDeliveries, FakeJobs, FakeWebhooks

if TYPE_CHECKING:
    from likeness.ports.webhooks import CallLimits, Deliveries, Webhooks

CHAIN = Chain(webhook_id=WEBHOOK, subject=JOB)


@pytest.fixture
def webhooks(kind, request) -> Webhooks:
    if kind == "fake":
        return FakeWebhooks()
    return WebhooksTable(request.getfixturevalue("table"))


@pytest.fixture
def deliveries(kind, request) -> Deliveries:
    if kind == "fake":
        return FakeDeliveries()
    return DeliveriesTable(request.getfixturevalue("table"))


@pytest.fixture
def limits(kind, request) -> CallLimits:
    if kind == "fake":
        return FakeCallLimits(rate=2)
    return CallLimitsTable(request.getfixturevalue("table"), rate=2)


# --- webhooks -------------------------------------------------------------------------------------


def test_a_stored_webhook_is_read_back(webhooks):
    webhook = a_webhook(events=(EventType.PHOTO_CHECKED,)).rotate("new", NOW)
    webhooks.create(webhook)

    assert webhooks.get(WEBHOOK) == webhook


def test_webhooks_are_listed_oldest_first(webhooks):
    newer = a_webhook(created_at=NOW)
    older = a_webhook(OTHER_WEBHOOK)
    webhooks.create(newer)
    webhooks.create(older)

    assert webhooks.every() == [older, newer]


def test_of_two_changes_of_one_version_the_second_conflicts(webhooks):
    webhooks.create(a_webhook())
    webhooks.save(a_webhook().change(disabled=DisabledReason.GONE))

    with pytest.raises(Conflict):
        webhooks.save(a_webhook().change(url="https://other.example/"))
    assert webhooks.get(WEBHOOK).disabled is DisabledReason.GONE


def test_a_deleted_webhook_is_not_found_and_a_late_change_does_not_bring_it_back(webhooks):
    webhooks.create(a_webhook())
    webhooks.delete(WEBHOOK)
    webhooks.delete(WEBHOOK)

    with pytest.raises(Conflict):
        webhooks.save(a_webhook().change(disabled=DisabledReason.GONE))
    with pytest.raises(NotFound):
        webhooks.get(WEBHOOK)


def numbered(n: int) -> Webhook:
    return a_webhook(WebhookId(f"w{n:032x}"))


def test_one_webhook_too_many_is_refused_until_one_is_deleted(webhooks):
    for n in range(MAX_WEBHOOKS):
        webhooks.create(numbered(n))

    with pytest.raises(TooManyWebhooks):
        webhooks.create(numbered(99))
    webhooks.delete(numbered(3).webhook_id)
    webhooks.create(numbered(99))

    assert len(webhooks.every()) == MAX_WEBHOOKS


def test_of_two_that_are_created_at_once_the_last_place_goes_to_one(table, monkeypatch):
    webhooks, other = WebhooksTable(table), WebhooksTable(table)
    for n in range(MAX_WEBHOOKS - 1):
        webhooks.create(numbered(n))
    every = webhooks.every

    def raced() -> list[Webhook]:
        monkeypatch.undo()
        there = every()
        other.create(numbered(98))
        return there

    monkeypatch.setattr(webhooks, "every", raced)

    with pytest.raises(ConcurrentChange):
        webhooks.create(numbered(99))
    with pytest.raises(TooManyWebhooks):
        webhooks.create(numbered(99))
    assert len(webhooks.every()) == MAX_WEBHOOKS


# --- deliveries -----------------------------------------------------------------------------------


def test_deliveries_of_a_chain_are_in_the_order_of_the_stream(deliveries):
    """Sequence numbers have different lengths: 9 comes before 10."""
    for order in ("10", "9", "100000000000000000000000"):
        deliveries.add(a_delivery(int(order[:3]), order=order))

    assert [one.order for one in deliveries.of(CHAIN)] == ["9", "10", "100000000000000000000000"]


def test_a_delivery_is_added_once(deliveries):
    deliveries.add(a_delivery())
    deliveries.save(a_delivery().fail(FailReason.EXPIRED), seen=a_delivery())

    deliveries.add(a_delivery())

    assert [one.state for one in deliveries.of(CHAIN)] == [DeliveryState.FAILED]


def test_no_delivery_of_a_job_that_was_erased_is_stored(kind, request):
    """The event was read before the job's records were deleted."""
    if kind == "fake":
        jobs = FakeJobs()
        deliveries: Deliveries = FakeDeliveries(jobs)
    else:
        table = request.getfixturevalue("table")
        jobs, deliveries = JobsTable(table, FakeClock()), DeliveriesTable(table)
    jobs.create(a_job(), [])
    deliveries.add(a_delivery(1), job_id=JOB)
    deliveries.add(a_delivery(1), job_id=JOB)

    deliveries.add(a_delivery(2, OTHER_JOB), job_id=OTHER_JOB)

    assert deliveries.of(CHAIN) == [a_delivery(1)]
    assert deliveries.of(Chain(webhook_id=WEBHOOK, subject=OTHER_JOB)) == []


def test_a_delivery_that_is_stored_while_a_job_is_erased_is_deleted(table, monkeypatch):
    jobs, deliveries = JobsTable(table, FakeClock()), DeliveriesTable(table)
    jobs.create(a_job(), [])
    delete_item = table.delete_item

    def late(**item):
        """The job's other records are deleted, and its own is not yet."""
        deliveries.add(a_delivery(), job_id=JOB)
        return delete_item(**item)

    monkeypatch.setattr(table, "delete_item", late)

    jobs.delete(JOB)

    assert deliveries.of(CHAIN) == []


def test_two_events_of_one_record_are_two_deliveries(deliveries):
    deliveries.add(a_delivery(1, order="7"))
    deliveries.add(a_delivery(2, order="7"))

    assert len(deliveries.of(CHAIN)) == 2


def test_a_delivery_is_read_back_as_it_was_saved(deliveries):
    begun = a_delivery().begin(NOW)
    ended = begun.end(SendResult(status=503, retry_after_s=120), NOW)
    deliveries.add(a_delivery())
    deliveries.save(begun, seen=a_delivery())
    deliveries.save(ended, seen=begun)

    assert deliveries.pending(CHAIN) == [ended]


def test_pending_are_those_of_this_webhook_and_job_that_have_not_ended(deliveries):
    deliveries.add(a_delivery(1))
    deliveries.add(a_delivery(2, state=DeliveryState.DELIVERED))
    deliveries.add(a_delivery(3, state=DeliveryState.FAILED))
    deliveries.add(a_delivery(4, OTHER_JOB))
    deliveries.add(a_delivery(5, webhook_id=OTHER_WEBHOOK))

    assert deliveries.pending(CHAIN) == [a_delivery(1)]
    assert len(deliveries.of(CHAIN)) == 3


def test_of_two_invocations_that_begin_one_conflicts(deliveries):
    deliveries.add(a_delivery())
    deliveries.save(a_delivery().begin(NOW), seen=a_delivery())

    with pytest.raises(Conflict):
        deliveries.save(a_delivery().begin(NOW + timedelta(seconds=1)), seen=a_delivery())


def test_a_deleted_delivery_is_not_saved_again(deliveries):
    with pytest.raises(Conflict):
        deliveries.save(a_delivery().begin(NOW), seen=a_delivery())

    assert not deliveries.of(CHAIN)


def test_a_webhooks_deliveries_are_listed_newest_first(deliveries):
    times = [NOW + timedelta(seconds=n) for n in range(5)]
    for n, at in enumerate(times):
        deliveries.add(a_delivery(n + 1, created_at=at))
    deliveries.add(a_delivery(9, webhook_id=OTHER_WEBHOOK))

    first = deliveries.newest(WEBHOOK, limit=3)
    second = deliveries.newest(WEBHOOK, limit=3, after=first.last)

    assert [one.created_at for one in (*first.items, *second.items)] == times[::-1]
    assert second.last is None


def test_a_page_of_one_state_is_full_although_others_lie_between(deliveries):
    for n in range(12):
        state = DeliveryState.DELIVERED if n % 3 else DeliveryState.FAILED
        deliveries.add(a_delivery(n + 1, created_at=NOW + timedelta(seconds=n), state=state))

    page = deliveries.newest(WEBHOOK, limit=3, state=DeliveryState.FAILED)
    rest = deliveries.newest(WEBHOOK, limit=3, state=DeliveryState.FAILED, after=page.last)

    assert [one.event_id for one in page.items] == [f"{JOB}-{n}" for n in (10, 7, 4)]
    assert [one.event_id for one in rest.items] == [f"{JOB}-1"]


def test_what_failed_since_a_time_is_found_oldest_first(deliveries):
    for n in range(6):
        state = DeliveryState.FAILED if n != 4 else DeliveryState.PENDING
        deliveries.add(a_delivery(n + 1, created_at=NOW + timedelta(hours=n), state=state))

    found = deliveries.failed(WEBHOOK, since=NOW + timedelta(hours=2), limit=10)

    assert [one.event_id for one in found] == [f"{JOB}-{n}" for n in (3, 4, 6)]
    assert len(deliveries.failed(WEBHOOK, since=NOW, limit=2)) == 2


def test_deliveries_of_all_states_are_pages_of_one_list(deliveries):
    for n in range(9):
        at = NOW + timedelta(seconds=n)
        deliveries.add(a_delivery(n + 1, created_at=at, state=list(DeliveryState)[n % 3]))

    pages, after = [], None
    while not pages or after:
        page = deliveries.newest(WEBHOOK, limit=4, after=after)
        pages.append([one.event_id for one in page.items])
        after = page.last

    assert [len(page) for page in pages] == [4, 4, 1]
    assert sum(pages, []) == [f"{JOB}-{n}" for n in range(9, 0, -1)]


class Counting:
    """The table, and how many items its queries have read."""

    def __init__(self, table: Any) -> None:
        self._table, self.read = table, 0

    def query(self, **request: Any) -> Any:
        page = self._table.query(**request)
        self.read += page["ScannedCount"]
        return page


@pytest.mark.parametrize("read", ["newest", "failed"])
def test_what_failed_is_found_without_reading_what_was_delivered(table, read):
    """A webhook has hundreds of thousands of deliveries in 14 days, and few that failed."""
    deliveries = DeliveriesTable(table)
    for n in range(40):
        state = DeliveryState.DELIVERED if n else DeliveryState.FAILED
        deliveries.add(a_delivery(n + 1, created_at=NOW + timedelta(seconds=n), state=state))
    counting = Counting(table)

    of = DeliveriesTable(counting)
    if read == "newest":
        found = list(of.newest(WEBHOOK, limit=10, state=DeliveryState.FAILED).items)
    else:
        found = of.failed(WEBHOOK, since=NOW - timedelta(days=1), limit=10)

    assert [one.event_id for one in found] == [f"{JOB}-1"]
    assert counting.read == 1


def test_an_erasure_deletes_a_jobs_deliveries_with_the_job(table):
    jobs, deliveries = JobsTable(table, FakeClock()), DeliveriesTable(table)
    jobs.create(a_job(), [])
    deliveries.add(a_delivery())

    jobs.delete(JOB)

    assert not deliveries.of(CHAIN)
    assert not deliveries.newest(WEBHOOK, limit=10).items


def test_a_delivery_expires_after_14_days(table):
    DeliveriesTable(table).add(a_delivery())

    (item,) = table.scan()["Items"]
    assert item["ttl"] == int((NOW + timedelta(days=14)).timestamp())


# --- limits ---------------------------------------------------------------------------------------


def test_a_webhook_is_called_so_often_in_a_second_and_again_in_the_next(limits):
    middle = NOW + timedelta(milliseconds=400)

    assert [limits.acquire(WEBHOOK, now=middle) for _ in range(3)] == [0, 0, pytest.approx(0.6)]
    assert limits.acquire(OTHER_WEBHOOK, now=middle) == 0
    assert limits.acquire(WEBHOOK, now=NOW + timedelta(seconds=1)) == 0


def test_a_paused_webhook_is_called_once_when_the_pause_is_over(limits):
    limits.pause(WEBHOOK, now=NOW)
    after = NOW + timedelta(seconds=16)

    assert limits.acquire(WEBHOOK, now=NOW + timedelta(seconds=5)) == 10
    assert limits.acquire(OTHER_WEBHOOK, now=NOW) == 0
    assert limits.acquire(WEBHOOK, now=after) == 0
    assert limits.acquire(WEBHOOK, now=after) == 15


def test_after_a_success_a_webhook_is_no_longer_paused(limits):
    limits.pause(WEBHOOK, now=NOW)
    limits.resume(WEBHOOK)
    limits.resume(WEBHOOK)

    assert limits.acquire(WEBHOOK, now=NOW) == 0


def test_another_process_ends_the_pause_that_it_found(table):
    one, another = CallLimitsTable(table, 50), CallLimitsTable(table, 50)
    one.pause(WEBHOOK, now=NOW)
    later = NOW + timedelta(seconds=20)
    assert another.acquire(WEBHOOK, now=later) == 0

    another.resume(WEBHOOK)

    assert one.acquire(WEBHOOK, now=later) == 0


def test_of_two_that_read_the_end_of_a_pause_at_once_one_calls(table, monkeypatch):
    limits = CallLimitsTable(table, 50)
    limits.pause(WEBHOOK, now=NOW)
    later = NOW + timedelta(seconds=20)
    seen: dict[str, Any] = table.get_item(Key=keys.webhook_pause(WEBHOOK))["Item"]
    assert limits.acquire(WEBHOOK, now=later) == 0

    monkeypatch.setattr("likeness.adapters.webhooks.webhooks_table.find_item", lambda *_: seen)

    assert limits.acquire(WEBHOOK, now=later) == 15
