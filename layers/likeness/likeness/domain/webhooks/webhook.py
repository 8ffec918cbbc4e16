"""A webhook: an address of the app that gets events as signed POST requests."""

import base64
import secrets as random
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType, Self

from pydantic import AwareDatetime, Field

from likeness.domain.errors import SecretRotated, TooManyWebhooks
from likeness.domain.ids import WebhookId, WebhookIdField
from likeness.domain.record import Record, Versioned

MAX_WEBHOOKS = 10
MAX_URL = 2048
MAX_SECRETS = 3  # of which the app may have lost all but one; each is a signature in a header
OLD_SECRET_FOR = timedelta(hours=24)  # after a rotation both secrets sign
SECRET_BYTES = 32  # Standard Webhooks 1.0.0, "Signature scheme": 24 to 64
SECRET_PREFIX = "whsec_"  # noqa: S105 - the prefix that the specification gives every secret

WebhookSecret = NewType("WebhookSecret", str)


class EventType(StrEnum):
    """What events are about. The same names are detail types on the event bus."""

    JOB_STATE_CHANGED = "JobStateChanged"
    JOB_PROGRESSED = "JobProgressed"
    PHOTO_CHECKED = "PhotoChecked"
    PHOTOS_DELETED = "PhotosDeleted"
    AVATARS_DELETED = "AvatarsDeleted"
    USER_ERASED = "UserErased"
    WEBHOOK_TESTED = "WebhookTested"  # to one webhook, on request; not on the bus


class DisabledReason(StrEnum):
    REQUESTED = "requested"
    GONE = "gone"  # it responded with 410


def new_webhook_id() -> WebhookId:
    return WebhookId(f"w{random.token_hex(16)}")


def new_secret() -> WebhookSecret:
    key = base64.b64encode(random.token_bytes(SECRET_BYTES)).decode()
    return WebhookSecret(f"{SECRET_PREFIX}{key}")


def require_room(webhooks: int) -> None:
    """Raises TooManyWebhooks if one more is too many."""
    if webhooks >= MAX_WEBHOOKS:
        raise TooManyWebhooks(f"there are {MAX_WEBHOOKS} webhooks: delete one that is not used")


class EncryptedSecret(Record):
    """A signing secret, encrypted with the webhooks' KMS key."""

    ciphertext: str = Field(description="base64")
    expires_at: AwareDatetime | None = Field(default=None, description="set by a rotation")


class Webhook(Versioned):
    webhook_id: WebhookIdField
    url: str = Field(max_length=MAX_URL)
    events: tuple[EventType, ...] = Field(description="empty: all")
    disabled: DisabledReason | None = None
    secrets: tuple[EncryptedSecret, ...] = Field(min_length=1, description="newest first")
    created_at: AwareDatetime

    def wants(self, kind: EventType) -> bool:
        asked = not self.events or kind in self.events or kind is EventType.WEBHOOK_TESTED
        return asked and self.disabled is None

    def valid_secrets(self, now: datetime) -> tuple[EncryptedSecret, ...]:
        return tuple(one for one in self.secrets if not one.expires_at or now < one.expires_at)

    def rotate(self, ciphertext: str, now: datetime) -> Self:
        """Returns the next version with a new secret; the one before stays valid for 24 hours.

        Older ones stay valid as long as before: the app may have lost the response with the one
        before. Raises SecretRotated while MAX_SECRETS are valid.
        """
        first, *older = self.valid_secrets(now)
        if len(older) + 1 >= MAX_SECRETS:
            raise SecretRotated(
                f"{MAX_SECRETS} secrets are valid: rotate again after {older[-1].expires_at}"
            )
        old = first.model_copy(update={"expires_at": now + OLD_SECRET_FOR})
        return self.change(secrets=(EncryptedSecret(ciphertext=ciphertext), old, *older))
