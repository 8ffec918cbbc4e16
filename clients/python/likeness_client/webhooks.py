"""Verify webhooks: Standard Webhooks, with the headers webhook-id, -timestamp and -signature."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

from standardwebhooks import Webhook, WebhookVerificationError
from standardwebhooks.webhooks import EmptyWebhookSecretError

from likeness_client.errors import NotGenuine

if TYPE_CHECKING:
    from collections.abc import Mapping

    from likeness_client.types import WebhookEvent


def verify(body: bytes, headers: Mapping[str, str], *secrets: str) -> WebhookEvent:
    """The event of a webhook call. `type` says what `data` has; ignore a type of a later version.

    `body` is the request's body as received: parsed and dumped again, it has another signature. A
    secret begins with `whsec_`; while one is rotated, pass both. Raises NotGenuine, also if the
    message is more than five minutes old. The same event may come twice: remember `webhook-id`.
    """
    reason = "no secret was given"
    for secret in secrets:
        try:
            Webhook(secret).verify(body, dict(headers), json_parse=False)
        except (
            WebhookVerificationError,
            EmptyWebhookSecretError,
            ValueError,  # not base64, not UTF-8
        ) as wrong:
            reason = str(wrong)
        else:
            return cast("WebhookEvent", json.loads(body))
    raise NotGenuine(f"not a webhook of ours: {reason}")
