"""What was sent to a webhook, and how it responded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.api.webhooks import DeliveriesQuery, DeliveriesView
from likeness.domain.paging import cursor, position
from likeness.domain.webhooks.delivery import DeliveryState
from likeness.presenters.webhooks import delivery_view

if TYPE_CHECKING:
    from likeness.domain.ids import WebhookId
    from likeness.ports.webhooks import Deliveries, Webhooks


def list_deliveries(
    webhook_id: WebhookId, query: DeliveriesQuery, *, webhooks: Webhooks, deliveries: Deliveries
) -> DeliveriesView:
    """Newest first, for 14 days, without bodies. Raises NotFound."""
    webhooks.get(webhook_id)
    of = f"deliveries of {webhook_id} {query.state}"
    page = deliveries.newest(
        webhook_id,
        limit=query.limit,
        after=position(query.cursor, of=of),
        state=DeliveryState(query.state) if query.state else None,
    )
    return DeliveriesView(
        deliveries=tuple(delivery_view(one) for one in page.items), next=cursor(page.last, of=of)
    )
