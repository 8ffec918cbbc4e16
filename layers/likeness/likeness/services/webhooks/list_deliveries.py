"""What was sent to a webhook, and how it responded."""

from likeness.api.webhooks import DeliveriesQuery, DeliveriesView
from likeness.domain.ids import WebhookId
from likeness.domain.paging import cursor, position
from likeness.domain.webhooks.delivery import DeliveryState
from likeness.ports.webhooks import Deliveries, Webhooks
from likeness.presenters.webhooks import delivery_view


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
