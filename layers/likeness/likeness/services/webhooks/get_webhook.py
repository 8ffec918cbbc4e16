"""One webhook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.presenters.webhooks import webhook_view

if TYPE_CHECKING:
    from likeness.api.webhooks import WebhookView
    from likeness.domain.ids import WebhookId
    from likeness.ports.webhooks import Webhooks


def get_webhook(webhook_id: WebhookId, *, webhooks: Webhooks) -> WebhookView:
    """Raises NotFound."""
    return webhook_view(webhooks.get(webhook_id))
