"""Change a webhook's URL or event types, or enable or disable it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.domain.webhooks.webhook import DisabledReason
from likeness.presenters.webhooks import webhook_view

if TYPE_CHECKING:
    from likeness.api.webhooks import ChangeWebhook, WebhookView
    from likeness.domain.ids import WebhookId
    from likeness.ports.webhooks import WebhookCaller, Webhooks


def change_webhook(
    webhook_id: WebhookId, request: ChangeWebhook, *, webhooks: Webhooks, caller: WebhookCaller
) -> WebhookView:
    """Fields that are null stay as they are. Raises NotFound, or Invalid for the URL."""
    webhook = webhooks.get(webhook_id)
    changes: dict[str, object] = {}
    if request.url is not None:
        caller.check(request.url)
        changes["url"] = request.url
    if request.events is not None:
        changes["events"] = request.events
    if request.enabled is not None:
        changes["disabled"] = None if request.enabled else DisabledReason.REQUESTED
    if changes:
        webhook = webhook.change(**changes)
        webhooks.save(webhook)
    return webhook_view(webhook)
