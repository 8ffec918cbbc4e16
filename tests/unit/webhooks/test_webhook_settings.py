"""Webhooks by API: settings, secrets, tests, deliveries and replays."""

from datetime import timedelta
from typing import Any

import pytest

from likeness.api.message import PageQuery
from likeness.api.webhooks import (
    ChangeWebhook,
    CreateWebhook,
    DeliveriesQuery,
    ReplayDeliveries,
    StoredRotation,
    StoredWebhook,
)
from likeness.domain.errors import Conflict, Invalid, NotFound
from likeness.domain.ids import WebhookId
from likeness.domain.webhooks.delivery import Chain, DeliveryState, FailReason, SendResult
from likeness.domain.webhooks.webhook import MAX_WEBHOOKS, DisabledReason, EventType
from likeness.services.webhooks.change_webhook import change_webhook
from likeness.services.webhooks.create_webhook import create_webhook, create_webhook_again
from likeness.services.webhooks.delete_webhook import delete_webhook
from likeness.services.webhooks.get_webhook import get_webhook
from likeness.services.webhooks.list_deliveries import list_deliveries
from likeness.services.webhooks.list_webhooks import list_webhooks
from likeness.services.webhooks.replay_deliveries import replay_deliveries
from likeness.services.webhooks.rotate_secret import rotate_secret, rotate_secret_again
from likeness.services.webhooks.send_test_event import send_test_event
from tests.builders import (
    JOB,
    NOW,
    OTHER_JOB,
    OTHER_WEBHOOK,
    SECRET,
    WEBHOOK,
    a_delivery,
    a_webhook,
)
from tests.fakes import (
    FakeClock,
    FakeDeliveries,
    FakeDeliveryQueue,
    FakeWebhookCaller,
    FakeWebhooks,
    FakeWebhookSecrets,
)

URL = "https://app.example/likeness"


class Api:
    def __init__(self, *webhooks: Any) -> None:
        self.webhooks = FakeWebhooks(*webhooks)
        self.secrets = FakeWebhookSecrets()
        self.caller = FakeWebhookCaller()
        self.deliveries = FakeDeliveries()
        self.queue = FakeDeliveryQueue()
        self.clock = FakeClock()

    def create(self, url: str = URL, events: tuple[EventType, ...] = ()) -> Any:
        return create_webhook(
            CreateWebhook(url=url, events=events),
            webhooks=self.webhooks,
            secrets=self.secrets,
            caller=self.caller,
            clock=self.clock,
        )

    def change(self, **fields: Any) -> Any:
        return change_webhook(
            WEBHOOK, ChangeWebhook(**fields), webhooks=self.webhooks, caller=self.caller
        )

    def rotate(self) -> Any:
        return rotate_secret(
            WEBHOOK, webhooks=self.webhooks, secrets=self.secrets, clock=self.clock
        )

    def test(self) -> Any:
        return send_test_event(WEBHOOK, **self._sending())

    def replay(self, webhook_id: WebhookId = WEBHOOK, **request: Any) -> Any:
        return replay_deliveries(webhook_id, ReplayDeliveries(**request), **self._sending())

    def _sending(self) -> dict[str, Any]:
        return {
            "webhooks": self.webhooks,
            "deliveries": self.deliveries,
            "queue": self.queue,
            "clock": self.clock,
        }


@pytest.fixture
def api() -> Api:
    return Api(a_webhook())


# --- settings -------------------------------------------------------------------------------------


def test_a_new_webhook_is_enabled_and_its_secret_is_returned_once():
    api = Api()

    created = api.create(events=(EventType.PHOTO_CHECKED,))

    assert (created.url, created.enabled) == (URL, True)
    assert created.events == (EventType.PHOTO_CHECKED,)
    (stored,) = api.webhooks.every()
    assert api.secrets.decrypt(stored.webhook_id, stored.secrets[0].ciphertext) == created.secret
    assert created.secret not in stored.model_dump_json()
    (listed,) = list_webhooks(PageQuery(), webhooks=api.webhooks).webhooks
    assert listed == get_webhook(created.webhook_id, webhooks=api.webhooks)
    assert listed.model_dump() == created.model_dump(exclude={"secret"})


def test_webhooks_are_listed_in_pages():
    ids = [WebhookId(f"w{n:032x}") for n in range(5)]
    api = Api(*(a_webhook(one) for one in ids))

    first = list_webhooks(PageQuery(limit=3), webhooks=api.webhooks)
    rest = list_webhooks(PageQuery(limit=3, cursor=first.next), webhooks=api.webhooks)

    assert [one.webhook_id for one in (*first.webhooks, *rest.webhooks)] == ids
    assert rest.next is None


def test_a_repeated_request_returns_the_webhook_without_its_secret():
    api = Api()
    created = api.create()
    stored = StoredWebhook.model_validate(created, from_attributes=True)
    assert created.secret not in stored.model_dump_json(), "what the idempotency table stores"

    again = create_webhook_again(stored, webhooks=api.webhooks)

    assert again.model_dump() == created.model_dump() | {"secret": None}


def test_a_url_that_is_not_public_is_refused_and_nothing_is_stored():
    api = Api()
    api.caller.refused = {URL}

    with pytest.raises(Invalid, match="public"):
        api.create()
    assert not api.webhooks.every()


def test_there_are_ten_webhooks_at_most():
    api = Api(*(a_webhook(WebhookId(f"w{n:032x}")) for n in range(MAX_WEBHOOKS)))

    with pytest.raises(Conflict, match="10 webhooks"):
        api.create()


def test_a_change_leaves_what_it_does_not_name(api):
    changed = api.change(events=(EventType.USER_ERASED,))

    assert (changed.url, changed.enabled) == (URL, True)
    assert changed.events == (EventType.USER_ERASED,)
    assert api.change(events=()).events == ()


def test_a_webhook_that_was_gone_can_be_enabled_again(api):
    api.webhooks.save(a_webhook().change(disabled=DisabledReason.GONE))

    assert get_webhook(WEBHOOK, webhooks=api.webhooks).disabled_reason == "gone"
    changed = api.change(enabled=True)
    assert (changed.enabled, changed.disabled_reason) == (True, None)
    assert api.change(enabled=False).disabled_reason == "requested"


def test_a_changed_url_is_checked_like_a_new_one(api):
    api.caller.refused = {"https://10.0.0.1/"}

    with pytest.raises(Invalid):
        api.change(url="https://10.0.0.1/")
    assert api.webhooks.get(WEBHOOK) == a_webhook()


def test_an_empty_change_stores_nothing(api):
    api.change()

    assert api.webhooks.get(WEBHOOK).version == 1


def test_a_rotation_returns_a_new_secret_and_when_the_old_one_ends(api):
    rotated = api.rotate()

    assert rotated.secret not in {None, SECRET}
    assert rotated.old_secret_expires_at == NOW + timedelta(hours=24)
    view = get_webhook(WEBHOOK, webhooks=api.webhooks)
    assert view.old_secret_expires_at == rotated.old_secret_expires_at
    stored = StoredRotation.model_validate(rotated, from_attributes=True)
    assert rotate_secret_again(stored).secret is None


def test_a_deleted_webhook_is_gone_and_deleting_is_idempotent(api):
    for _ in range(2):
        delete_webhook(WEBHOOK, webhooks=api.webhooks)

    assert not api.webhooks.every()


@pytest.mark.parametrize("call", ["change", "rotate", "test", "replay"])
def test_an_unknown_webhook_is_not_found(call):
    with pytest.raises(NotFound):
        getattr(Api(), call)()


# --- test events ----------------------------------------------------------------------------------


def test_a_test_event_goes_to_one_webhook_as_any_event(api):
    queued = api.test()

    (delivery,) = api.deliveries.of(Chain(webhook_id=WEBHOOK, subject=WEBHOOK))
    assert (delivery.event_id, delivery.type) == (queued.event_id, EventType.WEBHOOK_TESTED)
    assert api.queue.messages == [(delivery.chain, 0)]


@pytest.mark.parametrize("call", [Api.test, Api.replay])
def test_a_disabled_webhook_is_enabled_first(call):
    api = Api(a_webhook(disabled=DisabledReason.GONE))

    with pytest.raises(Conflict, match="enable it first"):
        call(api)


# --- deliveries -----------------------------------------------------------------------------------


def listed(api: Api, **query: Any) -> Any:
    return list_deliveries(
        WEBHOOK, DeliveriesQuery(**query), webhooks=api.webhooks, deliveries=api.deliveries
    )


def test_deliveries_are_listed_newest_first_in_pages_with_status_and_without_body(api):
    for n in range(5):
        failed = a_delivery(n + 1).begin(NOW).end(SendResult(status=400), NOW)
        api.deliveries.add(failed.model_copy(update={"created_at": NOW + timedelta(minutes=n)}))
    api.deliveries.add(a_delivery(9, webhook_id=OTHER_WEBHOOK))

    first = listed(api, limit=3)
    rest = listed(api, limit=3, cursor=first.next)

    found = [*first.deliveries, *rest.deliveries]
    assert [one.event_id for one in found] == [f"{JOB}-{n}" for n in (5, 4, 3, 2, 1)]
    assert rest.next is None
    assert (found[0].status, found[0].failed_for) == (400, FailReason.RESPONSE)
    assert "metadata" not in first.model_dump_json()


def test_deliveries_can_be_listed_by_state(api):
    api.deliveries.add(a_delivery(1))
    api.deliveries.add(a_delivery(2, state=DeliveryState.FAILED))

    (found,) = listed(api, state="failed").deliveries

    assert found.event_id == f"{JOB}-2"


def test_a_cursor_of_another_state_is_refused(api):
    for n in (1, 2):
        api.deliveries.add(a_delivery(n))
    page = listed(api, limit=1)

    with pytest.raises(Invalid):
        listed(api, limit=1, state="failed", cursor=page.next)


# --- replays --------------------------------------------------------------------------------------


def test_what_failed_since_a_time_is_sent_again_once_for_each_chain(api):
    failed = {"state": DeliveryState.FAILED, "attempts": 3}
    old = a_delivery(1, created_at=NOW - timedelta(days=2), **failed)
    chain = [a_delivery(n, **failed) for n in (2, 3)]
    elsewhere = a_delivery(1, OTHER_JOB, **failed)
    for one in (old, *chain, elsewhere, a_delivery(4, state=DeliveryState.DELIVERED)):
        api.deliveries.add(one)

    replayed = api.replay(since=NOW - timedelta(days=1))

    assert set(replayed.event_ids) == {one.event_id for one in (*chain, elsewhere)}
    assert not replayed.more
    assert {chain for chain, _ in api.queue.messages} == {chain[0].chain, elsewhere.chain}
    assert len(api.queue.messages) == 2
    assert [one.event_id for one in api.deliveries.pending(chain[0].chain)] == [
        one.event_id for one in chain
    ]


def test_an_event_can_be_replayed_by_its_id_in_any_state(api):
    delivered = a_delivery(1, state=DeliveryState.DELIVERED, attempts=1)
    api.deliveries.add(delivered)
    api.deliveries.add(a_delivery(2))

    replayed = api.replay(event_ids=(f"{JOB}-1", f"{JOB}-2", f"{OTHER_JOB}-1"))

    assert replayed.event_ids == (delivered.event_id,), "one is being sent, one is unknown"


def test_a_request_replays_a_hundred_and_says_if_there_are_more(api):
    for n in range(1, 151):
        api.deliveries.add(a_delivery(n, state=DeliveryState.FAILED))
    since = NOW - timedelta(hours=1)

    first, second = api.replay(since=since), api.replay(since=since)

    assert (len(first.event_ids), first.more) == (100, True)
    assert (len(second.event_ids), second.more) == (50, False)


@pytest.mark.parametrize("request_", [{}, {"since": NOW, "event_ids": (f"{JOB}-1",)}])
def test_a_replay_names_a_time_or_events(api, request_):
    with pytest.raises(Invalid, match="either since or event_ids"):
        api.replay(**request_)
