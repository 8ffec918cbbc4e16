"""Send a test event to one webhook."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from likeness.api.webhooks import DeliveryQueued
from likeness.domain.errors import WebhookDisabled
from likeness.events import WebhookTested
from likeness.services.webhooks.delivery_record import new_delivery

if TYPE_CHECKING:
    from likeness.domain.ids import WebhookId
    from likeness.ports.runtime import Clock
    from likeness.ports.webhooks import Deliveries, DeliveryQueue, Webhooks


def send_test_event(
    webhook_id: WebhookId,
    *,
    webhooks: Webhooks,
    deliveries: Deliveries,
    queue: DeliveryQueue,
    clock: Clock,
) -> DeliveryQueued:
    """The list of deliveries shows the result. Raises NotFound, or WebhookDisabled."""
    webhook = webhooks.get(webhook_id)
    if webhook.disabled:
        raise WebhookDisabled(f"webhook {webhook_id} is disabled: enable it first")
    now = clock.now()
    event = WebhookTested(
        event_id=f"{webhook_id}-test-{secrets.token_hex(8)}", at=now, webhook_id=webhook_id
    )
    order = str(int(now.timestamp() * 1000))
    delivery = new_delivery(webhook_id, event, order=order, now=now)
    deliveries.add(delivery)
    queue.put([delivery.chain])
    return DeliveryQueued(event_id=event.event_id)
