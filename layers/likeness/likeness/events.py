"""Events on the bus, by schema version. docs/events.md describes them.

They contain no personal data: no user id, URL, label or photo name.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, WithJsonSchema, model_validator

from likeness.domain.ids import JobIdField
from likeness.domain.jobs.job import JobState
from likeness.domain.reasons import Reason
from likeness.domain.record import Record

SOURCE = "likeness"
JOB_STATE_CHANGED = "JobStateChanged"


def _open_enum(example: JobState | Reason) -> WithJsonSchema:
    """An enum that may grow within a schema version: the schema does not list its values."""
    return WithJsonSchema({"type": "string", "examples": [example.value]})


STATE = _open_enum(JobState.REFUSED)
REASON = _open_enum(Reason.POLICY_NUDITY)


class JobStateChanged(BaseModel):
    """A job changed its state. Delivered at least once for each change, in no guaranteed order."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        title=JOB_STATE_CHANGED,
        json_schema_serialization_defaults_required=True,
    )

    schema_version: Literal[1] = 1
    event_id: str = Field(
        pattern=r"^j[0-9a-f]{32}\.[1-9][0-9]*$",
        description="Identifies the change: a redelivered event has the same id.",
    )
    job_id: JobIdField
    version: int = Field(
        ge=1, description="Version of the job. Of two events of a job, the higher version is newer."
    )
    state: Annotated[JobState, STATE] = Field(
        description="The new state. Later releases may add states: docs/events.md lists them."
    )
    previous: Annotated[JobState, STATE] | None = Field(
        description="The previous state; null for a new job."
    )
    at: AwareDatetime = Field(description="When the job changed.")
    reason: Annotated[Reason, REASON] | None = Field(
        default=None,
        description="Reason code of the end, if any. Later releases may add codes: docs/policy.md.",
    )
    photos_left_out: int = Field(
        default=0,
        ge=0,
        description="Number of photos that moderation left out: GET /v1/jobs/{job_id} says which.",
    )

    @classmethod
    def of(cls, **fields: Any) -> Self:
        """Creates the event of a change; its id is made of job id and version."""
        return cls.model_validate(
            fields | {"event_id": f"{fields['job_id']}.{int(fields['version'])}"}
        )


EVENTS = {JOB_STATE_CHANGED: JobStateChanged}


class StreamRecord(Record):
    """A record of the table's stream: an event to publish, or why it cannot be read."""

    sequence: str = Field(description="sequence number in the stream")
    event: JobStateChanged | None = None
    fault: str | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.event is None) == (self.fault is None):
            raise ValueError("a stream record has either an event or a fault")
        return self


def schema() -> dict[str, Any]:
    """Returns the JSON schema of an event's `detail`, stored in docs/events/.

    It allows unknown fields: later releases may add fields to version 1.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:likeness:events:JobStateChanged:1",
        **JobStateChanged.model_json_schema(mode="serialization"),
    }
