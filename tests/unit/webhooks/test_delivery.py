"""What follows from a webhook's response."""

from datetime import timedelta

import pytest

from likeness.domain.webhooks.delivery import (
    DeliveryState,
    FailReason,
    SendError,
    SendResult,
    pause_s,
)
from likeness.domain.webhooks.webhook import DisabledReason, EventType
from tests.builders import NOW, a_delivery, a_webhook

DELIVERED, FAILED, PENDING = DeliveryState.DELIVERED, DeliveryState.FAILED, DeliveryState.PENDING


@pytest.mark.parametrize(
    ("statuses", "state"),
    [
        ((200, 201, 202, 204, 299), DELIVERED),
        ((301, 302, 307, 308), FAILED),  # not followed
        ((400, 403, 404, 405, 410, 413, 422), FAILED),
        ((401, 407, 408, 409, 425, 429, 500, 501, 502, 503, 504, 599), PENDING),
    ],
)
def test_what_a_status_leads_to(statuses, state):
    for status in statuses:
        ended = a_delivery().begin(NOW).end(SendResult(status=status), NOW)

        assert ended.state is state, status
        assert (ended.not_before is not None) == (state is PENDING)
        assert (ended.failed_for is FailReason.RESPONSE) == (state is FAILED)


@pytest.mark.parametrize("error", SendError)
def test_without_a_response_it_is_tried_again(error):
    ended = a_delivery().begin(NOW).end(SendResult(error=error), NOW)

    assert ended.state is PENDING
    assert ended.wait_s(NOW) > 0


def test_pauses_double_from_5_seconds_to_15_minutes():
    longest = [5, 10, 20, 40, 80, 160, 320, 640, 900, 900]

    for attempts, most in enumerate(longest, start=1):
        assert all(most * 0.75 <= pause_s(attempts) <= most for _ in range(20))
    assert pause_s(10_000) <= 900


def test_retry_after_makes_a_pause_longer_and_at_most_an_hour():
    assert pause_s(1, 600) == 600
    assert pause_s(1, 10**8) == 3600
    assert pause_s(9, 1) >= 600


def test_a_lease_keeps_other_invocations_away():
    begun = a_delivery().begin(NOW)

    assert begun.attempts == 1
    assert begun.wait_s(NOW) == 30
    assert begun.wait_s(NOW + timedelta(seconds=31)) == 0


def test_a_replayed_delivery_is_as_new_for_another_day():
    old = a_delivery().begin(NOW).fail(FailReason.EXPIRED)

    again = old.replay(NOW + timedelta(days=3))

    assert (again.state, again.attempts, again.failed_for) == (PENDING, 0, None)
    assert again.try_until == NOW + timedelta(days=4)
    assert (again.event_id, again.body, again.order) == (old.event_id, old.body, old.order)


def test_a_webhook_gets_the_types_that_it_asked_for():
    asked = a_webhook(events=(EventType.PHOTO_CHECKED,))

    assert asked.wants(EventType.PHOTO_CHECKED)
    assert asked.wants(EventType.WEBHOOK_TESTED)
    assert not asked.wants(EventType.USER_ERASED)
    assert all(a_webhook().wants(kind) for kind in EventType)


@pytest.mark.parametrize("reason", DisabledReason)
def test_a_disabled_webhook_gets_nothing(reason):
    assert not any(a_webhook(disabled=reason).wants(kind) for kind in EventType)


def test_an_old_secret_is_valid_for_a_day_after_a_rotation():
    rotated = a_webhook().rotate("new", NOW)
    old = a_webhook().secrets[0].ciphertext

    def valid(after: timedelta) -> list[str]:
        return [one.ciphertext for one in rotated.valid_secrets(NOW + after)]

    assert valid(timedelta(hours=23, minutes=59)) == ["new", old]
    assert valid(timedelta(hours=24)) == ["new"]
