"""Creating and listing jobs."""

from pydantic import AwareDatetime, Field

from likeness.api.message import Message, Paged, PageQuery, PresignedUrl
from likeness.api.photos import NewPhoto, PresignedPost, ReasonView, StoredPost
from likeness.domain.account.age import AgeAssurance
from likeness.domain.ids import JobIdField, StyleIdField, UserIdField
from likeness.domain.jobs.failure import FailureKind
from likeness.domain.jobs.job import (
    MAX_AVATARS,
    MAX_PHOTOS,
    MAX_STYLES,
    MIN_PHOTOS,
    Consent,
    JobState,
    Metadata,
)
from likeness.domain.jobs.test_plan import TestPlan


class JobsQuery(PageQuery):
    state: JobState | None = Field(default=None, description="only jobs in this state")


class CreateJob(Message):
    user_id: UserIdField
    styles: tuple[StyleIdField, ...] = Field(min_length=1, max_length=MAX_STYLES)
    photos: tuple[NewPhoto, ...] = Field(
        min_length=1,
        max_length=MAX_PHOTOS,
        description=f"{MIN_PHOTOS} have to be accepted; `POST .../photos` adds more",
    )
    avatars: int = Field(default=MAX_AVATARS, ge=1, le=MAX_AVATARS)
    time_zone: str = Field(min_length=1, max_length=64, examples=["Europe/Berlin"])
    consent: Consent
    age_assurance: AgeAssurance | None = Field(
        default=None, description="how the app checked the user's age; omit it if it did not"
    )
    metadata: Metadata = {}
    test: TestPlan | None = Field(
        default=None, description="makes this a test job; only where the stack has TestMode"
    )


class JobCreated(Message):
    job_id: JobIdField
    submit_by: AwareDatetime
    avatars: int = Field(
        description="that the job is to deliver: fewer than asked for while capacity is short",
        examples=[12],
    )
    uploads: tuple[PresignedPost, ...] = Field(
        description="one for each photo; empty if the request is repeated after submission"
    )


class StoredJob(Message):
    """A created job, as cached under an Idempotency-Key. Its presigned POSTs are signed again."""

    job_id: JobIdField
    uploads: tuple[StoredPost, ...]


class JobStateView(Message):
    job_id: JobIdField
    state: JobState


class JobSummary(Message):
    """A job in a list; GET /v1/jobs/{job_id} has the details."""

    job_id: JobIdField
    user_id: UserIdField
    metadata: Metadata
    test: bool = Field(description="a test job", examples=[False])
    state: JobState
    reason: ReasonView | None = None
    failure: FailureKind | None = Field(default=None, description="cause, if state is failed")
    styles: tuple[StyleIdField, ...]
    styles_off: tuple[StyleIdField, ...] = Field(
        default=(), description="of `styles`: switched off since, and not delivered"
    )
    avatars_asked: int = Field(description="by the app")
    avatars_planned: int = Field(
        description="that the job is to deliver: fewer than asked for if capacity was short when "
        "it was created, or if a style was switched off since"
    )
    created_at: AwareDatetime
    submit_by: AwareDatetime
    avatars_shown: int = Field(description="number of avatars that GET /v1/jobs/{job_id} lists")
    thumbnail: PresignedUrl | None = Field(
        default=None, description="presigned URL of the best avatar, WebP, 256 px; null: none"
    )
    avatars_deleted_at: AwareDatetime | None = Field(
        default=None, description="all of them, after DELETE; verified by listing"
    )


class JobsView(Paged):
    """A user's jobs, newest first. Eventually consistent: a new job may be missing at first."""

    jobs: tuple[JobSummary, ...]
