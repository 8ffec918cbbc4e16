"""One event for one webhook: what was tried, and what follows from a response."""

import random
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from pydantic import AwareDatetime, Field

from likeness.domain.ids import WebhookIdField
from likeness.domain.record import Record
from likeness.domain.webhooks.webhook import EventType

TRY_FOR = timedelta(hours=24)
CALL_S = 5  # a webhook responds within that time
LEASE = timedelta(seconds=30)  # of one call: 5 s, and what a slow table or name server adds
FIRST_PAUSE_S, LONGEST_PAUSE_S = 5, 900  # SQS delays a message by 15 minutes at most
LONGEST_RETRY_AFTER_S = 3600
GONE = 410
# As EventBridge retries API destinations ("Retries on API destinations": 401, 407, 409, 429, 5xx),
# and two that ask for the same request later (RFC 9110, 408; RFC 8470, 425).
RETRIED = frozenset({401, 407, 408, 409, 425, 429})
# The receiver as a whole does not keep up, so its other deliveries wait too.
OVERLOADED = frozenset({429, 502, 503, 504})


class SendError(StrEnum):
    """Why there was no response."""

    NAME = "name"  # the host's name has no address
    ADDRESS = "address"  # an address is not public
    CONNECTION = "connection"
    TLS = "tls"
    TIMEOUT = "timeout"


class DeliveryState(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"  # can be replayed


class FailReason(StrEnum):
    RESPONSE = "response"  # a status that is not retried
    EXPIRED = "expired"  # tried for a day
    DISABLED = "disabled"  # the webhook was disabled or deleted


class SendResult(Record):
    status: int | None = Field(default=None, description="HTTP status")
    error: SendError | None = None
    retry_after_s: int | None = Field(default=None, description="the response's Retry-After")

    @property
    def delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def retried(self) -> bool:
        return self.status is None or self.status in RETRIED or self.status >= 500

    @property
    def overloaded(self) -> bool:
        return self.status is None or self.status in OVERLOADED


class Chain(Record):
    """The deliveries of one webhook about one job, erasure or test: they are sent in order."""

    webhook_id: WebhookIdField
    subject: str = Field(pattern=r"^[jew][0-9a-f]{32}$", description="id of what it is about")


class Delivery(Record):
    """An event for a webhook, with the body that is signed and sent."""

    chain: Chain
    order: str = Field(pattern=r"^[0-9]+$", description="position within the chain")
    event_id: str
    type: EventType
    body: str
    created_at: AwareDatetime
    try_until: AwareDatetime
    state: DeliveryState = DeliveryState.PENDING
    attempts: int = 0
    not_before: AwareDatetime | None = Field(
        default=None, description="of the next attempt: a lease while one runs, then a pause"
    )
    last_attempt_at: AwareDatetime | None = None
    last_result: SendResult | None = None
    failed_for: FailReason | None = None

    def begin(self, now: datetime) -> Self:
        """Returns the delivery with one more attempt, which has it for the time of the lease."""
        return self.model_copy(
            update={
                "attempts": self.attempts + 1,
                "last_attempt_at": now,
                "not_before": now + LEASE,
            }
        )

    def end(self, result: SendResult, now: datetime) -> Self:
        """Returns the delivery after an attempt: delivered, failed, or with its next attempt."""
        update: dict[str, object] = {"last_result": result, "not_before": None}
        if result.delivered:
            update["state"] = DeliveryState.DELIVERED
        elif not result.retried:
            update |= {"state": DeliveryState.FAILED, "failed_for": FailReason.RESPONSE}
        else:
            pause = timedelta(seconds=pause_s(self.attempts, result.retry_after_s))
            update["not_before"] = now + pause
        return self.model_copy(update=update)

    def fail(self, reason: FailReason) -> Self:
        return self.model_copy(
            update={"state": DeliveryState.FAILED, "failed_for": reason, "not_before": None}
        )

    def replay(self, now: datetime) -> Self:
        """Returns the delivery as it was when it was new, to be tried for another day."""
        return self.model_copy(
            update={
                "state": DeliveryState.PENDING,
                "attempts": 0,
                "not_before": None,
                "failed_for": None,
                "try_until": now + TRY_FOR,
            }
        )

    def wait_s(self, now: datetime) -> float:
        """Returns how long the next attempt has to wait, in seconds."""
        return max(0.0, (self.not_before - now).total_seconds()) if self.not_before else 0.0


def pause_s(attempts: int, retry_after_s: int | None = None) -> float:
    """5 s, doubled with each attempt up to 15 minutes, with jitter; or what the receiver asks.

    An hour at most: a receiver cannot put off its events beyond the day.
    """
    longest = min(LONGEST_PAUSE_S, FIRST_PAUSE_S << min(attempts - 1, 10))
    jittered = longest * random.uniform(0.75, 1)  # noqa: S311 - jitter
    return max(jittered, min(retry_after_s or 0, LONGEST_RETRY_AFTER_S))
