"""Deliveries are sent in order, retried for a day, and one webhook does not hold up another."""

import json
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import given, strategies as st

from likeness.domain.webhooks.delivery import (
    Delivery,
    DeliveryState,
    FailReason,
    SendError,
    SendResult,
)
from likeness.domain.webhooks.webhook import DisabledReason, new_secret
from likeness.services.webhooks.send_deliveries import DeliverySender, send_deliveries
from tests.alarms import goes_off
from tests.builders import NOW, OTHER_JOB, OTHER_WEBHOOK, WEBHOOK, a_delivery, a_webhook
from tests.fakes import (
    FakeCallLimits,
    FakeClock,
    FakeDeliveries,
    FakeDeliveryQueue,
    FakeMetrics,
    FakeWebhookCaller,
    FakeWebhooks,
    FakeWebhookSecrets,
)

OK, DOWN, BUG = SendResult(status=204), SendResult(status=503), SendResult(status=500)
NO = SendResult(error=SendError.CONNECTION)
DAY = timedelta(hours=24)


@dataclass
class Stand:
    """One receiver, and time that passes when the queue delays a message."""

    caller: FakeWebhookCaller = field(default_factory=FakeWebhookCaller)
    webhooks: FakeWebhooks = field(
        default_factory=lambda: FakeWebhooks(a_webhook(), a_webhook(OTHER_WEBHOOK))
    )
    deliveries: FakeDeliveries = field(default_factory=FakeDeliveries)
    queue: FakeDeliveryQueue = field(default_factory=FakeDeliveryQueue)
    limits: FakeCallLimits = field(default_factory=FakeCallLimits)
    metrics: FakeMetrics = field(default_factory=FakeMetrics)
    clock: FakeClock = field(default_factory=FakeClock)

    def add(self, *deliveries: Delivery) -> None:
        for one in deliveries:
            self.deliveries.add(one)

    def send(self, delivery: Delivery) -> float | None:
        """Send the delivery's chain; returns the delay after which it is sent again."""
        sender = DeliverySender(
            webhooks=self.webhooks,
            deliveries=self.deliveries,
            secrets=FakeWebhookSecrets(),
            limits=self.limits,
            caller=self.caller,
            metrics=self.metrics,
            clock=self.clock,
        )
        before = len(self.queue.messages)
        send_deliveries(delivery.chain, sender=sender, queue=self.queue)
        put = self.queue.messages[before:]
        assert all(chain == delivery.chain for chain, _ in put)
        return put[0][1] if put else None

    def run(self, delivery: Delivery, most: int = 1000) -> int:
        """Send until nothing waits, as the queue does; returns how often a message came."""
        for n in range(most):
            delay = self.send(delivery)
            if delay is None:
                return n + 1
            self.clock.advance(timedelta(seconds=min(delay, 900) + 0.001))
        raise AssertionError(f"after {most} messages it still waits")

    def sent(self) -> list[str]:
        return [json.loads(body)["data"]["event_id"] for _, _, body in self.caller.calls]

    def stored(self, delivery: Delivery) -> Delivery:
        (found,) = [
            one for one in self.deliveries.of(delivery.chain) if one.event_id == delivery.event_id
        ]
        return found


@pytest.fixture
def stand() -> Stand:
    return Stand()


FIRST, SECOND, THIRD = (a_delivery(n) for n in (1, 2, 3))


def test_a_chain_is_sent_in_order_and_once(stand):
    stand.add(SECOND, THIRD, FIRST)

    assert stand.send(FIRST) is None
    assert stand.send(FIRST) is None, "a message may come twice"

    assert stand.sent() == [one.event_id for one in (FIRST, SECOND, THIRD)]
    assert {stand.stored(one).state for one in (FIRST, SECOND, THIRD)} == {DeliveryState.DELIVERED}
    assert stand.metrics.counted == {"WebhookDelivered": 3}


def test_a_later_event_waits_for_the_one_before_it(stand):
    stand.caller.results = [BUG]
    stand.add(FIRST, SECOND)

    delay = stand.send(FIRST)

    assert delay is not None
    assert 3.75 <= delay <= 5
    assert stand.sent() == [FIRST.event_id]
    stand.run(FIRST)
    assert stand.sent() == [FIRST.event_id, FIRST.event_id, SECOND.event_id]


def test_a_retry_has_the_same_id_and_body_and_a_new_time(stand):
    stand.caller.results = [BUG]
    stand.add(FIRST)

    stand.run(FIRST)

    (_, once, body), (_, again, same) = stand.caller.calls
    assert (once["webhook-id"], body) == (again["webhook-id"], same)
    assert int(again["webhook-timestamp"]) >= int(once["webhook-timestamp"]) + 3
    assert once["webhook-signature"] != again["webhook-signature"]


def test_a_message_that_comes_early_does_not_shorten_the_pause(stand):
    stand.caller.results = [BUG]
    stand.add(FIRST)
    stand.send(FIRST)

    assert stand.send(FIRST)

    assert len(stand.caller.calls) == 1


def test_another_invocation_does_not_send_what_is_being_sent(stand):
    stand.add(FIRST)
    delays = []
    stand.caller.during = lambda: delays.append(stand.send(FIRST)) if not delays else None

    stand.send(FIRST)

    assert delays == [30.0], "it looks again when the lease ends"
    assert len(stand.caller.calls) == 1


def test_a_call_whose_invocation_died_is_made_again(stand):
    stand.add(FIRST)

    def die() -> None:
        stand.caller.during = lambda: None
        raise MemoryError

    stand.caller.during = die
    with pytest.raises(MemoryError):
        stand.send(FIRST)

    stand.run(FIRST)

    assert stand.sent() == [FIRST.event_id] * 2
    assert stand.stored(FIRST).attempts == 2


@pytest.mark.parametrize("result", [BUG, DOWN, NO])
def test_after_a_day_a_delivery_fails_and_the_next_is_tried(stand, result):
    stand.caller.results = [result] * 2000
    stand.add(FIRST)

    messages = stand.run(FIRST)

    failed = stand.stored(FIRST)
    assert (failed.state, failed.failed_for) == (DeliveryState.FAILED, FailReason.EXPIRED)
    assert timedelta(0) <= stand.clock.now() - (NOW + DAY) <= timedelta(minutes=16)
    assert messages < 150, "about one in a quarter of an hour"
    assert failed.last_result == result
    assert stand.metrics.counted["WebhookFailed"] == 1
    assert goes_off("webhook-refused", stand.metrics)
    stand.caller.results = []
    stand.limits.paused.clear()
    stand.add(SECOND.model_copy(update={"try_until": stand.clock.now() + DAY}))
    stand.run(SECOND)
    assert stand.stored(SECOND).state is DeliveryState.DELIVERED


def test_a_refused_delivery_fails_at_once_and_the_next_is_sent(stand):
    stand.caller.results = [SendResult(status=400)]
    stand.add(FIRST, SECOND)

    assert stand.send(FIRST) is None

    assert stand.stored(FIRST).failed_for is FailReason.RESPONSE
    assert stand.stored(SECOND).state is DeliveryState.DELIVERED


def test_410_disables_the_webhook_and_nothing_more_is_sent(stand):
    stand.caller.results = [SendResult(status=410)]
    stand.add(FIRST, SECOND)

    stand.send(FIRST)

    assert stand.webhooks.get(WEBHOOK).disabled is DisabledReason.GONE
    assert len(stand.caller.calls) == 1
    assert stand.stored(SECOND).failed_for is FailReason.DISABLED


@pytest.mark.parametrize("gone", ["deleted", "disabled"])
def test_what_waits_for_a_webhook_that_is_gone_fails_without_a_call(stand, gone):
    if gone == "deleted":
        stand.webhooks.delete(WEBHOOK)
    else:
        stand.webhooks.save(a_webhook().change(disabled=DisabledReason.REQUESTED))
    stand.add(FIRST)

    assert stand.send(FIRST) is None

    assert not stand.caller.calls
    assert stand.stored(FIRST).failed_for is FailReason.DISABLED
    assert not stand.metrics.counted, "it was the app's wish: no alarm"


def test_what_was_erased_is_not_sent(stand):
    """The user was erased while a retry waited: its job's records are deleted."""
    stand.caller.results = [BUG]
    stand.add(FIRST)
    stand.send(FIRST)
    stand.deliveries.deliveries.clear()

    assert stand.run(FIRST) == 1
    assert len(stand.caller.calls) == 1


def test_an_erasure_during_the_call_stores_nothing(stand):
    stand.add(FIRST)
    stand.caller.during = stand.deliveries.deliveries.clear

    stand.send(FIRST)

    assert not stand.deliveries.deliveries


def test_both_secrets_sign_while_one_is_rotated(stand):
    ciphertext = FakeWebhookSecrets().encrypt(WEBHOOK, new_secret())
    stand.webhooks.save(a_webhook().rotate(ciphertext, NOW))
    stand.add(FIRST, SECOND)

    stand.send(FIRST)

    signatures = stand.caller.calls[0][1]["webhook-signature"].split(" ")
    assert len(signatures) == 2
    stand.clock.advance(DAY)
    later = a_delivery(9, try_until=stand.clock.now() + DAY)
    stand.add(later)
    stand.send(later)
    assert len(stand.caller.calls[-1][1]["webhook-signature"].split(" ")) == 1


def test_a_webhook_is_called_at_most_so_often_a_second(stand):
    stand.limits.rate = 2
    stand.add(FIRST, SECOND, THIRD)

    delay = stand.send(FIRST)

    assert len(stand.caller.calls) == 2
    assert delay is not None
    assert 0 < delay <= 1
    stand.run(FIRST)
    assert stand.sent() == [one.event_id for one in (FIRST, SECOND, THIRD)]


def test_a_webhook_that_is_down_gets_one_call_in_15_seconds_and_others_get_theirs(stand):
    stand.caller.results = [DOWN]
    elsewhere = [a_delivery(1, OTHER_JOB), a_delivery(1, webhook_id=OTHER_WEBHOOK)]
    stand.add(FIRST, *elsewhere)

    stand.send(FIRST)
    delays = [stand.send(one) for one in elsewhere]

    assert delays[0] == 15
    assert delays[1] is None
    assert [stand.stored(one).attempts for one in (FIRST, *elsewhere)] == [1, 0, 1]
    stand.run(elsewhere[0])
    assert not stand.limits.paused, "the first success ends the pause"


def test_what_waits_for_a_webhook_that_is_down_looks_again_less_often_with_time(stand):
    stand.limits.pause(WEBHOOK, now=NOW)
    stand.add(FIRST)
    delays = []
    for after in (0, 600, 7200):
        stand.clock.set(NOW + timedelta(seconds=after))
        stand.limits.pause(WEBHOOK, now=stand.clock.now())
        delays.append(stand.send(FIRST))

    assert delays == [15, 150, 900]


def test_a_response_that_is_a_bug_of_one_event_does_not_pause_the_others(stand):
    stand.caller.results = [BUG]
    elsewhere = a_delivery(1, OTHER_JOB)
    stand.add(FIRST, elsewhere)

    stand.send(FIRST)

    assert stand.send(elsewhere) is None


def test_a_long_chain_is_continued_by_the_next_invocation(stand):
    deliveries = [a_delivery(n) for n in range(1, 9)]
    stand.add(*deliveries)
    stand.caller.during = lambda: stand.clock.advance(timedelta(seconds=4))

    delay = stand.send(deliveries[0])

    assert delay == 0
    assert len(stand.caller.calls) == 5
    stand.run(deliveries[0])
    assert stand.sent() == [one.event_id for one in deliveries]


@given(results=st.lists(st.sampled_from([OK, BUG, DOWN, NO, SendResult(status=400)]), max_size=30))
def test_whatever_the_receiver_responds_events_begin_in_order(results):
    stand = Stand(caller=FakeWebhookCaller(*results))
    deliveries = [a_delivery(n) for n in range(1, 6)]
    stand.add(*deliveries)

    stand.run(deliveries[0])

    begun = list(dict.fromkeys(stand.sent()))
    assert begun == [one.event_id for one in deliveries]
    assert stand.sent() == sorted(stand.sent()), "none is sent after a later one"
