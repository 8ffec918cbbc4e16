"""Register a webhook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.domain.webhooks.webhook import (
    EncryptedSecret,
    Webhook,
    new_secret,
    new_webhook_id,
)
from likeness.presenters.webhooks import webhook_created

if TYPE_CHECKING:
    from likeness.api.webhooks import CreateWebhook, StoredWebhook, WebhookCreated
    from likeness.ports.runtime import Clock
    from likeness.ports.webhooks import WebhookCaller, Webhooks, WebhookSecrets


def create_webhook(
    request: CreateWebhook,
    *,
    webhooks: Webhooks,
    secrets: WebhookSecrets,
    caller: WebhookCaller,
    clock: Clock,
) -> WebhookCreated:
    """Returns the signing secret, this once.

    Raises Invalid if the URL may be no webhook's, TooManyWebhooks if there are ten,
    ConcurrentChange if another one is created at the same time.
    """
    caller.check(request.url)
    secret, webhook_id = new_secret(), new_webhook_id()
    webhook = Webhook(
        webhook_id=webhook_id,
        url=request.url,
        events=request.events,
        secrets=(EncryptedSecret(ciphertext=secrets.encrypt(webhook_id, secret)),),
        created_at=clock.now(),
    )
    webhooks.create(webhook)
    return webhook_created(webhook, secret)


def create_webhook_again(stored: StoredWebhook, *, webhooks: Webhooks) -> WebhookCreated:
    """The response to a repeated request: the secret was returned once, and is not stored."""
    return webhook_created(webhooks.get(stored.webhook_id), None)
