"""Delete a webhook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.api.webhooks import WebhookDeleted

if TYPE_CHECKING:
    from likeness.domain.ids import WebhookId
    from likeness.ports.webhooks import Webhooks


def delete_webhook(webhook_id: WebhookId, *, webhooks: Webhooks) -> WebhookDeleted:
    """What was not delivered yet is not sent any more. Idempotent."""
    webhooks.delete(webhook_id)
    return WebhookDeleted(webhook_id=webhook_id)
