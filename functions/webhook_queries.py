"""Reads of webhooks: their settings without secrets, and what was sent to them."""

from likeness import bootstrap
from likeness.api.message import PageQuery
from likeness.api.webhooks import DeliveriesQuery, DeliveriesView, WebhooksView, WebhookView
from likeness.domain.errors import NotFound
from likeness.domain.ids import WebhookId
from likeness.entrypoints.http import route, routes
from likeness.services.webhooks.get_webhook import get_webhook
from likeness.services.webhooks.list_deliveries import list_deliveries
from likeness.services.webhooks.list_webhooks import list_webhooks


@route("GET", "/v1/webhooks", query=PageQuery, gives=WebhooksView)
def list_webhooks_handler(query: PageQuery) -> WebhooksView:
    """List the webhooks.

    Oldest first; there are ten at most. Their secrets are not returned.
    """
    return list_webhooks(query, webhooks=bootstrap.webhooks())


@route("GET", "/v1/webhooks/{webhook_id}", gives=WebhookView, raises=[NotFound])
def get_webhook_handler(webhook_id: WebhookId) -> WebhookView:
    """Read a webhook.

    URL, event types, and whether it is enabled. The secret is not returned.
    """
    return get_webhook(webhook_id, webhooks=bootstrap.webhooks())


@route(
    "GET",
    "/v1/webhooks/{webhook_id}/deliveries",
    query=DeliveriesQuery,
    gives=DeliveriesView,
    raises=[NotFound],
)
def list_deliveries_handler(webhook_id: WebhookId, query: DeliveriesQuery) -> DeliveriesView:
    """List what was sent to a webhook.

    Within 14 days, newest first: attempts, and the status of the last response or why there was
    none. Bodies are not returned.
    """
    return list_deliveries(
        webhook_id, query, webhooks=bootstrap.webhooks(), deliveries=bootstrap.deliveries()
    )


handler = routes(list_webhooks_handler, get_webhook_handler, list_deliveries_handler)
