"""All webhooks."""

from likeness.api.webhooks import WebhooksView
from likeness.ports.webhooks import Webhooks
from likeness.presenters.webhooks import webhook_view


def list_webhooks(*, webhooks: Webhooks) -> WebhooksView:
    """Oldest first. There are ten at most, so the list has no pages."""
    return WebhooksView(webhooks=tuple(webhook_view(one) for one in webhooks.every()))
