"""Requests and responses of the API about webhooks."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from likeness.api.message import Message, Paged, PageQuery
from likeness.domain.ids import WebhookIdField
from likeness.domain.moment import Moment
from likeness.domain.webhooks.delivery import DeliveryState, FailReason, SendError
from likeness.domain.webhooks.webhook import MAX_URL, DisabledReason, EventType

WebhookUrl = Annotated[
    str,
    Field(
        min_length=1,
        max_length=MAX_URL,
        description="https, to a public address; redirects are not followed",
        examples=["https://app.example/likeness"],
    ),
]
EventTypes = Annotated[
    tuple[EventType, ...],
    Field(max_length=len(EventType), description="the types that it gets; empty: all"),
]
Secret = Annotated[
    str | None,
    Field(
        description="signs each request (Standard Webhooks); returned once: null if the request "
        "is repeated",
        examples=["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"],
    ),
]
EventId = Annotated[
    str,
    Field(
        pattern=r"^[jew][0-9a-f]{32}-[A-Za-z0-9_-]{1,60}$",
        examples=["j5f0c1d7e9a3b48268f1e0d2c4b6a7988-3"],
    ),
]


class CreateWebhook(Message):
    url: WebhookUrl
    events: EventTypes = ()


class ChangeWebhook(Message):
    """What is null or missing stays as it is."""

    url: WebhookUrl | None = None
    events: EventTypes | None = None
    enabled: bool | None = None


class WebhookView(Message):
    webhook_id: WebhookIdField
    url: WebhookUrl
    events: EventTypes
    enabled: bool
    disabled_reason: DisabledReason | None = Field(
        default=None, description="`gone`: the webhook responded with 410"
    )
    created_at: AwareDatetime
    old_secret_expires_at: AwareDatetime | None = Field(
        default=None, description="after a rotation: until then the old secret signs too"
    )


class WebhooksView(Paged):
    """Oldest first; ten at most."""

    webhooks: tuple[WebhookView, ...]


class WebhookCreated(WebhookView):
    secret: Secret


class StoredWebhook(Message):
    """A created webhook, as cached under an Idempotency-Key."""

    webhook_id: WebhookIdField


class NewSecret(Message):
    secret: Secret
    old_secret_expires_at: AwareDatetime | None


class StoredRotation(Message):
    """A rotation, as cached under an Idempotency-Key: without the secret."""

    old_secret_expires_at: AwareDatetime | None


class WebhookDeleted(Message):
    webhook_id: WebhookIdField


class DeliveryQueued(Message):
    event_id: EventId


class DeliveriesQuery(PageQuery):
    state: Literal["pending", "delivered", "failed"] | None = Field(
        default=None, description="only those"
    )


class DeliveryView(Message):
    """One event for a webhook. Its body is not returned."""

    event_id: EventId
    type: EventType
    state: DeliveryState
    attempts: int
    created_at: AwareDatetime
    last_attempt_at: AwareDatetime | None = None
    next_attempt_at: AwareDatetime | None = Field(
        default=None, description="not before; null: it is next, or waits for one before it"
    )
    status: int | None = Field(default=None, description="HTTP status of the last response")
    error: SendError | None = Field(default=None, description="why there was no response")
    failed_for: FailReason | None = Field(
        default=None,
        description="`response`: a status that is not retried; `expired`: tried for a day; "
        "`disabled`: the webhook was",
    )


class DeliveriesView(Paged):
    """Newest first. Eventually consistent: the newest may be missing at first."""

    deliveries: tuple[DeliveryView, ...]


class ReplayDeliveries(Message):
    """Send one of the two."""

    since: Moment | None = Field(
        default=None, description="replay what failed since then; 14 days back at most"
    )
    event_ids: tuple[EventId, ...] | None = Field(
        default=None, min_length=1, max_length=100, description="replay these, in any state"
    )


class DeliveriesReplayed(Message):
    event_ids: tuple[EventId, ...] = Field(description="of the events that are sent again")
    more: bool = Field(description="true: send the request again for the rest")
