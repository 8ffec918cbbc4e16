"""Send events to a webhook again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.api.webhooks import DeliveriesReplayed, ReplayDeliveries
from likeness.domain.errors import ConcurrentChange, Invalid, WebhookDisabled
from likeness.domain.webhooks.delivery import Chain, Delivery, DeliveryState

if TYPE_CHECKING:
    from likeness.domain.ids import WebhookId
    from likeness.ports.runtime import Clock
    from likeness.ports.webhooks import Deliveries, DeliveryQueue, Webhooks

AT_ONCE = 100  # deliveries that one request replays


def replay_deliveries(
    webhook_id: WebhookId,
    request: ReplayDeliveries,
    *,
    webhooks: Webhooks,
    deliveries: Deliveries,
    queue: DeliveryQueue,
    clock: Clock,
) -> DeliveriesReplayed:
    """Try failed deliveries since a time for another day, or those of some events in any state.

    At most 100, the oldest first: `more` says if another request finds others. An event that is
    being sent is left out. Raises NotFound, or WebhookDisabled.
    """
    if webhooks.get(webhook_id).disabled:
        raise WebhookDisabled(f"webhook {webhook_id} is disabled: enable it first")
    if (request.since is None) == (request.event_ids is None):
        raise Invalid("send either since or event_ids", field="/body")
    if request.since is not None:
        found = deliveries.failed(webhook_id, since=request.since, limit=AT_ONCE)
    else:
        found = _of_events(webhook_id, request.event_ids or (), deliveries)
    replayed = [one for one in found if _replay(one, deliveries, clock)]
    queue.put(list(dict.fromkeys(one.chain for one in replayed)))
    return DeliveriesReplayed(
        event_ids=tuple(one.event_id for one in replayed), more=len(found) == AT_ONCE
    )


def _of_events(
    webhook_id: WebhookId, event_ids: tuple[str, ...], deliveries: Deliveries
) -> list[Delivery]:
    """An event's id begins with the id of what it is about."""
    subjects = dict.fromkeys(event_id.partition("-")[0] for event_id in event_ids)
    return [
        delivery
        for subject in subjects
        for delivery in deliveries.of(Chain(webhook_id=webhook_id, subject=subject))
        if delivery.event_id in event_ids and delivery.state is not DeliveryState.PENDING
    ]


def _replay(delivery: Delivery, deliveries: Deliveries, clock: Clock) -> bool:
    try:
        deliveries.save(delivery.replay(clock.now()), seen=delivery)
    except ConcurrentChange:  # another request replays it, or its user was erased
        return False
    return True
