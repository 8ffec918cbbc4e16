"""What every request and response of the API has in common. docs/openapi.json is generated from
these models.
"""

from typing import Annotated

from pydantic import AwareDatetime, ConfigDict, Field

from likeness.domain.errors import ErrorKind
from likeness.domain.ids import JobIdField
from likeness.domain.paging import MAX_CURSOR
from likeness.domain.reasons import Reason
from likeness.domain.record import Record

# A presigned URL is a credential until it expires: it is never logged or stored.
PresignedUrl = Annotated[
    str,
    Field(json_schema_extra={"format": "uri"}, examples=["https://bucket.s3.amazonaws.com/..."]),
]


Texts = Annotated[  # by language
    dict[str, str], Field(examples=[{"en": "in English", "de": "auf Deutsch"}])
]


JWS_EXAMPLE = "eyJhbGciOiJFUzI1NiJ9.eyJpc3N1ZXIiOiJsaWtlbmVzcy9wcm9kIn0.c2lnbmF0dXJl"


class Message(Record):
    """A body of the API. Unknown fields are rejected, so typos do not go unnoticed."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)


class PageQuery(Message):
    """Query of a paginated list."""

    limit: int = Field(default=50, ge=1, le=100, description="maximum number of items")
    cursor: str | None = Field(
        default=None,
        min_length=1,
        max_length=MAX_CURSOR,
        description="`next` of the previous page; omit it for the first page",
    )


class Paged(Message):
    next: str | None = Field(
        description="cursor of the next page; null on the last page",
        examples=["oQvK0mCk7Vt1MjAyNi0xMS0yMg"],
    )


FieldPointer = Annotated[
    str,
    Field(
        description="JSON pointer (RFC 6901) below `/body`, `/query`, `/path` or `/header`",
        examples=["/body/styles/0"],
    ),
]


class Fault(Message):
    """One thing that is wrong with a request."""

    field: FieldPointer
    message: str = Field(examples=["must have at least 1 item"])


class ErrorBody(Message):
    """Every error of the API. Decide by `error`: `message` may change."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=False)

    error: ErrorKind
    message: str = Field(
        description="what is wrong and what to do; for developers, not for users",
        examples=["/body/styles must have at least 1 item"],
    )
    reason: Reason | None = Field(default=None, description="reason code, to show to the user")
    field: FieldPointer | None = Field(default=None, description="what is wrong with the request")
    faults: tuple[Fault, ...] | None = Field(
        default=None, description="all of them, if several things are wrong with the request"
    )
    job_id: JobIdField | None = Field(
        default=None, description="of OverQuota: the job that has the quota day"
    )
    job_ids: tuple[JobIdField, ...] | None = Field(
        default=None, description="of TooManyOpenJobs: the user's open jobs"
    )
    next_day_begins_at: AwareDatetime | None = Field(
        default=None, description="of OverQuota: when the user's next quota day begins"
    )
