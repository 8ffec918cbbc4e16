"""Give a webhook a new signing secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.api.webhooks import NewSecret, StoredRotation
from likeness.domain.webhooks.webhook import new_secret

if TYPE_CHECKING:
    from likeness.domain.ids import WebhookId
    from likeness.ports.runtime import Clock
    from likeness.ports.webhooks import Webhooks, WebhookSecrets


def rotate_secret(
    webhook_id: WebhookId, *, webhooks: Webhooks, secrets: WebhookSecrets, clock: Clock
) -> NewSecret:
    """Returns the new secret, this once. For 24 hours both secrets sign each request.

    Raises NotFound, or SecretRotated if it was rotated twice within a day.
    """
    secret = new_secret()
    webhook = webhooks.get(webhook_id)
    changed = webhook.rotate(secrets.encrypt(webhook_id, secret), clock.now())
    webhooks.save(changed)
    return NewSecret(secret=secret, old_secret_expires_at=changed.secrets[1].expires_at)


def rotate_secret_again(stored: StoredRotation) -> NewSecret:
    """The response to a repeated request: the secret was returned once, and is not stored."""
    return NewSecret(secret=None, old_secret_expires_at=stored.old_secret_expires_at)
