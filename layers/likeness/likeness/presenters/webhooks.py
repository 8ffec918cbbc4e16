"""Views of webhooks and deliveries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.api.webhooks import DeliveryView, WebhookCreated, WebhookView

if TYPE_CHECKING:
    from likeness.domain.webhooks.delivery import Delivery
    from likeness.domain.webhooks.webhook import Webhook, WebhookSecret


def webhook_view(webhook: Webhook) -> WebhookView:
    _, *old = webhook.secrets
    return WebhookView(
        webhook_id=webhook.webhook_id,
        url=webhook.url,
        events=webhook.events,
        enabled=webhook.disabled is None,
        disabled_reason=webhook.disabled,
        created_at=webhook.created_at,
        old_secret_expires_at=old[0].expires_at if old else None,
    )


def webhook_created(webhook: Webhook, secret: WebhookSecret | None) -> WebhookCreated:
    return WebhookCreated(**webhook_view(webhook).model_dump(), secret=secret)


def delivery_view(delivery: Delivery) -> DeliveryView:
    result = delivery.last_result
    return DeliveryView(
        event_id=delivery.event_id,
        type=delivery.type,
        state=delivery.state,
        attempts=delivery.attempts,
        created_at=delivery.created_at,
        last_attempt_at=delivery.last_attempt_at,
        next_attempt_at=delivery.not_before,
        status=result.status if result else None,
        error=result.error if result else None,
        failed_for=delivery.failed_for,
    )
