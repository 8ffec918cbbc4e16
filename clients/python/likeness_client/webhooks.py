"""Verify webhooks: Standard Webhooks, with the headers webhook-id, -timestamp and -signature."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from standardwebhooks import Webhook, WebhookVerificationError

from likeness_client.errors import NotGenuine

if TYPE_CHECKING:
    from collections.abc import Mapping


def verify(body: bytes, headers: Mapping[str, str], *secrets: str) -> dict[str, Any]:
    """The event of a webhook call: `{"type", "timestamp", "data"}`.

    `body` is the request's body as received: parsed and dumped again, it has another signature. A
    secret begins with `whsec_`; while one is rotated, pass both. Raises NotGenuine, also if the
    message is more than five minutes old. The same event may come twice: remember `webhook-id`.
    """
    reason = "no secret was given"
    for secret in secrets:
        try:
            Webhook(secret).verify(body, dict(headers), json_parse=False)
        except (WebhookVerificationError, ValueError) as wrong:  # ValueError: not base64, not UTF-8
            reason = str(wrong)
        else:
            event: dict[str, Any] = json.loads(body)
            return event
    raise NotGenuine(f"not a webhook of ours: {reason}")
