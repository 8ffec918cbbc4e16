"""What the world is told: the events on the bus, by version. docs/events.md is their page.

Nothing personal travels: no user id, no link, no label, no name of a photo.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, WithJsonSchema, model_validator

from likeness.domain.ids import JobIdField
from likeness.domain.jobs.job import JobState
from likeness.domain.reasons import Reason
from likeness.domain.record import Record

SOURCE = "likeness"
JOB_STATE_CHANGED = "JobStateChanged"


def _open_list(values: type[JobState | Reason]) -> WithJsonSchema:
    """Words that a later release may add to: a consumer must not break on a new one."""
    return WithJsonSchema({"type": "string", "examples": [value.value for value in values]})


class JobStateChanged(BaseModel):
    """A job is in another state than before. Told at least once for each change, in no order."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        title=JOB_STATE_CHANGED,
        json_schema_serialization_defaults_required=True,
    )

    schema_version: Literal[1] = 1
    event_id: str = Field(
        pattern=r"^j[0-9a-f]{32}\.[1-9][0-9]*$",
        description="Names the change, not its telling: what was seen before is the same event.",
    )
    job_id: JobIdField
    version: int = Field(
        ge=1, description="Grows with each change of the job: of two events, the higher is newer."
    )
    state: Annotated[JobState, _open_list(JobState)]
    previous: Annotated[JobState, _open_list(JobState)] | None = Field(
        description="The state before; null for a job that was just created."
    )
    at: AwareDatetime = Field(description="When the job changed.")
    reason: Annotated[Reason, _open_list(Reason)] | None = Field(
        default=None, description="Why the job ended as it did, where there is a reason to tell."
    )

    @classmethod
    def of(cls, **fields: Any) -> Self:
        """The event of a change, named after the job and its version."""
        return cls.model_validate(
            fields | {"event_id": f"{fields['job_id']}.{int(fields['version'])}"}
        )


class StreamRecord(Record):
    """What a record of the table's stream says: an event to announce, or why none can be read."""

    sequence: str = Field(description="the record's place in the stream")
    event: JobStateChanged | None = None
    fault: str | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.event is None) == (self.fault is None):
            raise ValueError("a change has an event or a fault")
        return self


def schema() -> dict[str, Any]:
    """The JSON schema of an event's `detail`, as docs/events/ has it.

    It allows fields that it does not name: version 1 may get more of them.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:likeness:events:JobStateChanged:1",
        **JobStateChanged.model_json_schema(mode="serialization"),
    }
