"""Writes of webhooks' settings. It can encrypt secrets, and cannot decrypt them."""

from http import HTTPStatus

from likeness import bootstrap
from likeness.api.webhooks import (
    ChangeWebhook,
    CreateWebhook,
    NewSecret,
    StoredRotation,
    StoredWebhook,
    WebhookCreated,
    WebhookDeleted,
    WebhookView,
)
from likeness.domain.errors import (
    ConcurrentChange,
    NotFound,
    SecretRotated,
    TooManyWebhooks,
)
from likeness.domain.ids import WebhookId
from likeness.entrypoints.http import StoredPart, route, routes
from likeness.services.webhooks.change_webhook import change_webhook
from likeness.services.webhooks.create_webhook import create_webhook, create_webhook_again
from likeness.services.webhooks.delete_webhook import delete_webhook
from likeness.services.webhooks.rotate_secret import rotate_secret, rotate_secret_again


def _created_again(stored: StoredWebhook) -> WebhookCreated:
    return create_webhook_again(stored, webhooks=bootstrap.webhooks())


def _rotated_again(stored: StoredRotation, webhook_id: WebhookId) -> NewSecret:  # noqa: ARG001
    return rotate_secret_again(stored)


@route(
    "POST",
    "/v1/webhooks",
    takes=CreateWebhook,
    gives=WebhookCreated,
    status=HTTPStatus.CREATED,
    raises=[ConcurrentChange, NotFound, TooManyWebhooks],
    on_repeat=StoredPart(StoredWebhook, _created_again),
)
def create_webhook_handler(request: CreateWebhook) -> WebhookCreated:
    """Register a webhook.

    An address of yours that gets events as signed requests (Standard Webhooks). The secret is
    returned this once.
    """
    return create_webhook(
        request,
        webhooks=bootstrap.webhooks(),
        secrets=bootstrap.webhook_secrets(),
        caller=bootstrap.webhook_caller(),
        clock=bootstrap.CLOCK,
    )


@route(
    "PATCH",
    "/v1/webhooks/{webhook_id}",
    takes=ChangeWebhook,
    gives=WebhookView,
    raises=[ConcurrentChange, NotFound],
)
def change_webhook_handler(webhook_id: WebhookId, request: ChangeWebhook) -> WebhookView:
    """Change a webhook.

    Its URL or event types; disable it, or enable it again. What is null stays as it is.
    """
    return change_webhook(
        webhook_id, request, webhooks=bootstrap.webhooks(), caller=bootstrap.webhook_caller()
    )


@route(
    "POST",
    "/v1/webhooks/{webhook_id}/secret",
    gives=NewSecret,
    raises=[ConcurrentChange, NotFound, SecretRotated],
    on_repeat=StoredPart(StoredRotation, _rotated_again),
)
def rotate_secret_handler(webhook_id: WebhookId) -> NewSecret:
    """Rotate a webhook's secret.

    Returns the new one, this once. For 24 hours requests are signed with the old one too. If the
    response is lost, rotate again with a new Idempotency-Key.
    """
    return rotate_secret(
        webhook_id,
        webhooks=bootstrap.webhooks(),
        secrets=bootstrap.webhook_secrets(),
        clock=bootstrap.CLOCK,
    )


@route("DELETE", "/v1/webhooks/{webhook_id}", gives=WebhookDeleted)
def delete_webhook_handler(webhook_id: WebhookId) -> WebhookDeleted:
    """Delete a webhook.

    Nothing is sent to it any more, not even what waits for a retry. Idempotent.
    """
    return delete_webhook(webhook_id, webhooks=bootstrap.webhooks())


handler = routes(
    create_webhook_handler,
    change_webhook_handler,
    rotate_secret_handler,
    delete_webhook_handler,
)
