"""Events on the bus and to webhooks, by schema version. docs/events.md describes them.

They contain personal data: the app's id of the user, and the metadata that the app gave the job, so
that a receiver knows whom an event is about. They contain no URL, label, box or picture.
"""

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, WithJsonSchema, model_validator

from likeness.domain.ids import (
    ErasureIdField,
    JobIdField,
    PhotoIdField,
    UserIdField,
    WebhookIdField,
)
from likeness.domain.jobs.job import Job, JobState, Metadata
from likeness.domain.photos.photo import PhotoState
from likeness.domain.reasons import Reason
from likeness.domain.record import Record
from likeness.domain.webhooks.webhook import EventType

SOURCE = "likeness"
# Standard Webhooks 1.0.0, "Signature scheme": an id without full stops cannot be shifted into the
# timestamp that is signed after it.
EVENT_ID = r"^[A-Za-z0-9_-]{1,80}$"


def _open_enum(example: JobState | PhotoState | Reason) -> WithJsonSchema:
    """An enum that may grow within a schema version: the schema does not list its values."""
    return WithJsonSchema({"type": "string", "examples": [example.value]})


STATE = _open_enum(JobState.REFUSED)
PHOTO_STATE = _open_enum(PhotoState.REFUSED)
REASON = _open_enum(Reason.POLICY_NUDITY)
REASONS = "Later releases may add codes: docs/policy.md."


class Event(BaseModel):
    """Delivered at least once. A receiver ignores fields that it does not know."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
        json_schema_serialization_defaults_required=True,
    )
    type: ClassVar[EventType]

    schema_version: Literal[1] = 1
    event_id: str = Field(
        pattern=EVENT_ID, description="Identifies the event: a redelivered event has the same id."
    )
    at: AwareDatetime = Field(description="When it happened.")

    @property
    def subject(self) -> str:
        """The id of what the event is about: events with one subject are sent in order."""
        raise NotImplementedError


class UserEvent(Event):
    """An event about a user."""

    user_id: UserIdField = Field(description="The app's id of the user.")
    metadata: Metadata = Field(
        default={}, description="What the app gave the job; empty in events about no job."
    )
    test: bool = Field(default=False, description="Whether it is a test job.")


class JobEvent(UserEvent):
    job_id: JobIdField

    @property
    def subject(self) -> str:
        return self.job_id


class JobStateChanged(JobEvent):
    """A job changed its state."""

    type = EventType.JOB_STATE_CHANGED

    version: int = Field(
        ge=1, description="Version of the job. Of two events of a job, the higher version is newer."
    )
    state: Annotated[JobState, STATE] = Field(
        description="The new state. Later releases may add states: docs/events.md lists them."
    )
    previous: Annotated[JobState, STATE] | None = Field(
        description="The previous state; null for a new job."
    )
    reason: Annotated[Reason, REASON] | None = Field(
        default=None, description=f"Reason code of the end, if any. {REASONS}"
    )
    photos_left_out: int = Field(
        default=0,
        ge=0,
        description="Number of photos that moderation left out: GET /v1/jobs/{job_id} says which.",
    )
    avatars_expire_at: AwareDatetime | None = Field(
        default=None, description="When the avatars of a completed job are deleted."
    )


class JobProgressed(JobEvent):
    """Avatars were drawn: sent after each tenth of them, and after the last."""

    type = EventType.JOB_PROGRESSED

    done: int = Field(ge=0, description="Avatars drawn so far. Never falls.")
    total: int = Field(ge=1, description="Avatars that the job asks for.")


class PhotoChecked(JobEvent):
    """A photo has a verdict."""

    type = EventType.PHOTO_CHECKED

    photo_id: PhotoIdField
    state: Annotated[PhotoState, PHOTO_STATE] = Field(
        description="`accepted` or `refused`; after submission also `left_out`."
    )
    reason: Annotated[Reason, REASON] | None = Field(
        default=None,
        description=f"Why it is not accepted: GET /v1/jobs/{{job_id}} has hint and box. {REASONS}",
    )


class PhotosDeleted(JobEvent):
    """A job's photos are deleted, an independent listing found none, and the receipt is signed.

    Sent again with a later receipt: after an appeal, or when the avatars are deleted too. GET
    /v1/jobs/{job_id}/receipt has the newest.
    """

    type = EventType.PHOTOS_DELETED


class AvatarsDeleted(JobEvent):
    """All avatars of a job were deleted on request."""

    type = EventType.AVATARS_DELETED


class UserErased(UserEvent):
    """A user was erased: no later event is about that user."""

    type = EventType.USER_ERASED

    erasure_id: ErasureIdField
    jobs: int = Field(ge=0, description="Deleted jobs.")
    objects: int = Field(ge=0, description="Objects deleted from the buckets.")

    @property
    def subject(self) -> str:
        return self.erasure_id


class WebhookTested(Event):
    """A test that the app requested. It goes to one webhook, and not to the bus."""

    type = EventType.WEBHOOK_TESTED

    webhook_id: WebhookIdField

    @property
    def subject(self) -> str:
        return self.webhook_id


EVENTS: dict[EventType, type[Event]] = {
    kind.type: kind
    for kind in (
        JobStateChanged,
        JobProgressed,
        PhotoChecked,
        PhotosDeleted,
        AvatarsDeleted,
        UserErased,
        WebhookTested,
    )
}


class Owner(Record):
    """Whose job it is, as its events say."""

    user_id: UserIdField
    metadata: Metadata = {}
    test: bool = False

    @classmethod
    def of(cls, job: Job) -> Self:
        return cls(user_id=job.user_id, metadata=job.metadata, test=job.test is not None)


class Draft(Record):
    """An event about a part of a job. The part's item does not say whose job it is."""

    job_id: JobIdField
    type: EventType
    facts: dict[str, Any]

    def of(self, owner: Owner) -> Event:
        return EVENTS[self.type].model_validate(
            self.facts | owner.model_dump() | {"job_id": self.job_id}
        )


class StreamRecord(Record):
    """A record of the table's stream: an event to publish, or why it cannot be read."""

    sequence: str = Field(description="sequence number in the stream")
    event: Event | None = None
    draft: Draft | None = None
    fault: str | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if sum(one is not None for one in (self.event, self.draft, self.fault)) != 1:
            raise ValueError("a stream record has either an event, a draft or a fault")
        return self


def webhook_body(event: Event) -> str:
    """The body of a webhook's request (Standard Webhooks 1.0.0, "Payload structure")."""
    data = event.model_dump_json()
    timestamp = event.at.isoformat().replace("+00:00", "Z")
    return f'{{"type":"{event.type}","timestamp":"{timestamp}","data":{data}}}'


def schema(kind: type[Event]) -> dict[str, Any]:
    """Returns the JSON schema of an event's `detail`, stored in docs/events/.

    It allows unknown fields: later releases may add fields to version 1.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:likeness:events:{kind.type}:1",
        **kind.model_json_schema(mode="serialization"),
    }
