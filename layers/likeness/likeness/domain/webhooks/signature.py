"""Sign a request as Standard Webhooks 1.0.0 has it ("Signature scheme", "Webhook headers")."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING

from likeness.domain.webhooks.webhook import SECRET_PREFIX, WebhookSecret

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


def headers(
    event_id: str, body: bytes, *, secrets: Iterable[WebhookSecret], now: datetime
) -> dict[str, str]:
    """Returns the headers, with one signature for each secret.

    `now` is the time of the attempt: receivers refuse an old one as a replay.
    """
    timestamp = str(int(now.timestamp()))
    content = b".".join((event_id.encode(), timestamp.encode(), body))
    return {
        "content-type": "application/json",
        "webhook-id": event_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{_hmac(secret, content)}" for secret in secrets),
    }


def _hmac(secret: WebhookSecret, content: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    return base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
