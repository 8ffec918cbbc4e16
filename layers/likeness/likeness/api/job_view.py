"""A job as the app shows it."""

from pydantic import AwareDatetime, Field

from likeness.api.account import QuotaView
from likeness.api.appeals import Statement
from likeness.api.avatars import AvatarView
from likeness.api.message import Message, PresignedUrl
from likeness.api.photos import PhotoView, ReasonView
from likeness.domain.deletion.receipt import DeletionState
from likeness.domain.ids import JobIdField, StyleIdField, UserIdField
from likeness.domain.jobs.failure import FailureKind
from likeness.domain.jobs.job import JobState, Metadata, TimelineEntry, WaitingFor


class EstimateView(Message):
    """Estimated remaining time: 50 % and 90 % of similar jobs were complete by then."""

    p50_s: int = Field(description="seconds from now")
    p90_s: int = Field(description="seconds from now")
    measured_jobs: int = Field(
        description="number of jobs of the same backend and tier behind the estimate"
    )


class ProgressView(Message):
    """Number of avatars drawn so far, of those planned."""

    done: int
    total: int
    estimate: EstimateView | None = Field(
        default=None,
        description="null during review, while the job waits, or if too few jobs were measured",
    )
    waiting_for: WaitingFor | None = Field(
        default=None, description="why the job makes no progress at present; null: it does"
    )
    ends_by: AwareDatetime = Field(
        description="the job has ended by then, with avatars or with its day returned"
    )


class JobView(Message):
    """A job, with its photos, avatars and quota."""

    job_id: JobIdField
    user_id: UserIdField
    metadata: Metadata
    test: bool = Field(description="a test job", examples=[False])
    state: JobState
    reason: ReasonView | None = None
    failure: FailureKind | None = Field(default=None, description="cause, if state is failed")
    tier: str = Field(examples=["lite"])
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
    timeline: tuple[TimelineEntry, ...]
    photos: tuple[PhotoView, ...]
    photos_deleted_at: AwareDatetime | None
    deletion: DeletionState | None = Field(
        default=None,
        description=(
            "null: the photos are in use; pending: not verified yet; deleted: GET .../receipt has "
            "the receipt; held: by a legal hold"
        ),
    )
    progress: ProgressView | None = None
    avatars: tuple[AvatarView, ...] = ()
    avatars_expire_at: AwareDatetime | None = None
    avatars_deleted_at: AwareDatetime | None = Field(
        default=None, description="all of them, after DELETE; verified by listing"
    )
    archive: PresignedUrl | None = Field(default=None, description="URL of a ZIP of all avatars")
    quota: QuotaView
    statement: Statement | None = Field(default=None, description="for policy decisions")
    poll_after_s: int | None = Field(
        description="read the job again after so many seconds, as `Retry-After` says; null: it "
        "has ended and does not change any more",
        examples=[5],
    )
