"""The record of an event that is to be delivered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.domain.webhooks.delivery import TRY_FOR, Chain, Delivery
from likeness.events import Event, webhook_body

if TYPE_CHECKING:
    from datetime import datetime

    from likeness.domain.ids import WebhookId


def new_delivery(webhook_id: WebhookId, event: Event, *, order: str, now: datetime) -> Delivery:
    return Delivery(
        chain=Chain(webhook_id=webhook_id, subject=event.subject),
        order=order,
        event_id=event.event_id,
        type=event.type,
        body=webhook_body(event),
        created_at=now,
        try_until=now + TRY_FOR,
    )
