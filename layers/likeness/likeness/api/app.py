"""Requests and responses of the API. docs/openapi.json is generated from these models."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, ConfigDict, Field

from likeness.domain.account.age import AgeAssurance
from likeness.domain.account.erasure import ErasureState
from likeness.domain.account.quota import QuotaState
from likeness.domain.deletion.receipt import DeletionState
from likeness.domain.errors import ErrorKind
from likeness.domain.ids import (
    AvatarIdField,
    ErasureIdField,
    JobIdField,
    PhotoIdField,
    StyleIdField,
    UserIdField,
)
from likeness.domain.jobs.failure import FailureKind
from likeness.domain.jobs.job import (
    MAX_AVATARS,
    MAX_PHOTOS,
    MAX_STYLES,
    MIN_PHOTOS,
    Consent,
    JobState,
    Metadata,
    TimelineEntry,
    WaitingFor,
)
from likeness.domain.jobs.test_plan import PlannedDay, TestPlan
from likeness.domain.moment import Moment
from likeness.domain.paging import MAX_CURSOR
from likeness.domain.photos.photo import Box, ContentType, PhotoState
from likeness.domain.provenance.credentials import Trust
from likeness.domain.reasons import DsaCategory, DsaKeyword, Reason
from likeness.domain.record import Record
from likeness.domain.review.appeal import AppealState

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


class JobsQuery(PageQuery):
    state: JobState | None = Field(default=None, description="only jobs in this state")


class QuotaQuery(Message):
    test_day: PlannedDay | None = Field(
        default=None, description="the quota of test jobs on that day; needs TestMode"
    )


class Paged(Message):
    next: str | None = Field(
        description="cursor of the next page; null on the last page",
        examples=["oQvK0mCk7Vt1MjAyNi0xMS0yMg"],
    )


class NewPhoto(Message):
    """The content type of a photo: the presigned POST accepts no other."""

    content_type: ContentType


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


class AddPhoto(NewPhoto):
    """Request one more presigned POST, to replace a refused photo."""


class PresignedPost(Message):
    """A presigned POST: send `fields`, then the file, as multipart/form-data."""

    photo_id: PhotoIdField
    url: PresignedUrl
    fields: dict[str, str] = Field(examples=[{"key": "...", "policy": "..."}])
    max_bytes: int = Field(description="maximum size of the file")
    expires_at: AwareDatetime


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


class StoredPost(Message):
    """A presigned POST, as cached under an Idempotency-Key."""

    photo_id: PhotoIdField


class StoredJob(Message):
    """A created job, as cached under an Idempotency-Key. Its presigned POSTs are signed again."""

    job_id: JobIdField
    uploads: tuple[StoredPost, ...]


class JobStateView(Message):
    job_id: JobIdField
    state: JobState


class ReasonView(Message):
    """A reason code with its hint to the user, by language."""

    code: Reason
    hint: Texts
    fix_and_retry: bool = Field(description="true: the user can replace the photo and continue")


class PhotoView(Message):
    """Result of the inspection of one photo; after submission, whether it was left out."""

    photo_id: PhotoIdField
    state: PhotoState
    problem: ReasonView | None = None
    box: Box | None = Field(default=None, description="the face that `problem` is about")
    duplicate_of: PhotoIdField | None = Field(default=None, description="the original")


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


class AvatarView(Message):
    """One avatar. Avatars are sorted best first; presigned URLs expire after a few minutes."""

    avatar_id: AvatarIdField
    style: StyleIdField
    likeness: int | None = Field(
        ge=0,
        le=100,
        examples=[92],
        description=(
            "likeness score to the user's nearest photo, 0 to 100, higher is more alike; 50 is "
            "dlib's same-person threshold; an avatar below 27 is drawn again; null: no face found"
        ),
    )
    png: PresignedUrl
    webp: dict[int, PresignedUrl] = Field(
        description="URLs by side length in px",
        examples=[{"512": "https://bucket.s3.amazonaws.com/..."}],
    )


class QuotaEntryView(Message):
    """A job's effect on the quota day: reserved at submission, then spent or returned."""

    job_id: JobIdField
    state: QuotaState
    reason: Reason | None = None
    reserved_at: AwareDatetime
    settled_at: AwareDatetime | None = None


class TierView(Message):
    """What a tier gives."""

    tier: str = Field(examples=["plus"])
    open: bool = Field(description="false: its users may not create avatars")
    jobs_a_day: int
    avatars_a_job: int
    styles_a_job: int
    reviewed_first: bool = Field(description="its reviews come before those of other tiers")
    photos_deleted_within_s: int = Field(
        description="seconds after the last avatar is drawn; 0: immediately"
    )


class QuotaView(Message):
    """Quota of the user's current local date."""

    day: str = Field(description="ISO date in `time_zone`", examples=["2026-11-22"])
    time_zone: str = Field(
        description="IANA time zone in which `day` is counted; changes at most once in 30 days",
        examples=["Europe/Berlin"],
    )
    next_time_zone: str | None = Field(
        default=None,
        description="a change that waits: the zone from `next_time_zone_from` on",
        examples=["Asia/Tokyo"],
    )
    next_time_zone_from: AwareDatetime | None = None
    time_zone_fixed_until: AwareDatetime | None = Field(
        default=None, description="a job in another zone changes nothing before; null: no job yet"
    )
    tier: str = Field(
        description="of a job that is submitted now; a submitted job keeps its own",
        examples=["lite"],
    )
    tiers: tuple[TierView, ...] = Field(description="what each tier gives")
    plus_expires_at: AwareDatetime | None = Field(default=None, description="null: no Plus now")
    limit: int = Field(
        description="jobs on this day, by the tier now: it changes when Plus begins or ends"
    )
    used: int
    left: int
    next_day_begins_at: AwareDatetime
    entries: tuple[QuotaEntryView, ...] = ()


class SetPlus(Message):
    """The user's Plus entitlement. Messages may arrive late, repeatedly and in any order."""

    expires_at: Moment = Field(description="a past time ends Plus")
    source: str = Field(min_length=1, max_length=64, examples=["app-store"])
    effective_at: Moment = Field(
        description="when billing decided this, not in the future; the newest wins"
    )


class PlusView(Message):
    """The entitlement in effect; not the one in the request if a newer one was stored."""

    active: bool
    erased: bool = Field(
        description="true: the user was erased after `effective_at`, and nothing was stored"
    )
    expires_at: AwareDatetime
    source: str = Field(examples=["app-store"])
    effective_at: AwareDatetime


class KeepAvatars(Message):
    """The avatars to keep. The others are deleted."""

    avatars: tuple[AvatarIdField, ...] = Field(min_length=1, max_length=MAX_AVATARS)


class KeptAvatarsView(Message):
    job_id: JobIdField
    avatars: tuple[AvatarIdField, ...]
    avatars_expire_at: AwareDatetime | None


class ConsentView(Message):
    version: str = Field(examples=["2026-11"])
    in_force_from: AwareDatetime


class ConsentsView(Message):
    """Versions of the consent text that are in force, newest first: show the first one."""

    consents: tuple[ConsentView, ...]


class ErasureView(Message):
    """An erasure, with its receipt when done."""

    erasure_id: ErasureIdField
    state: ErasureState
    requested_at: AwareDatetime
    finished_at: AwareDatetime | None = None
    jobs: int = Field(description="number of deleted jobs")
    objects: int = Field(
        description="number of objects of these jobs that were deleted, by the erasure or before it"
    )
    retained: str = Field(
        description="what is still stored, and for how long",
        examples=["A keyed hash of the user id with the quota days of its jobs, for 400 days."],
    )
    receipt: str | None = Field(
        default=None,
        description="compact JWS; null until done",
        examples=[JWS_EXAMPLE],
    )


class ReceiptView(Message):
    """The signed receipt of a deletion: a JWS in compact serialisation, ES256."""

    job_id: JobIdField
    state: DeletionState
    receipt: str = Field(examples=[JWS_EXAMPLE])


class PublicKey(Message):
    """A JSON Web Key (RFC 7517) on the curve P-256."""

    kty: str = Field(examples=["EC"])
    crv: str = Field(examples=["P-256"])
    x: str = Field(examples=["f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"])
    y: str = Field(examples=["x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"])
    kid: str = Field(examples=["46d7562c-7bb2-4dd4-a00d-1527178cf3af"])
    alg: str = Field(examples=["ES256"])
    use: str = Field(examples=["sig"])


class KeysView(Message):
    """Public keys to verify receipts with, as a JSON Web Key Set."""

    keys: tuple[PublicKey, ...]


class StatementGround(ReasonView):
    """Why a photo was refused or left out, with the category of the DSA Transparency Database."""

    photo_id: PhotoIdField
    dsa_category: DsaCategory
    dsa_keyword: DsaKeyword | None = None


class AppealedPhotoView(Message):
    """`recognised`: the uploaded file is the refused photo; `another`: it is not."""

    photo_id: PhotoIdField
    state: Literal["awaited", "recognised", "another"]
    optional: bool = Field(
        default=False, description="only to compare with: a lead reviews the appeal without it too"
    )


class AppealView(Message):
    state: AppealState
    opened_at: AwareDatetime
    decide_by: AwareDatetime | None
    decided_at: AwareDatetime | None
    photos: tuple[AppealedPhotoView, ...]


class Statement(Message):
    """Statement of reasons (DSA, Article 17): a policy refusal, or photos that were left out."""

    issued_at: AwareDatetime
    decision: Texts
    grounds: tuple[StatementGround, ...]
    policy_version: str | None = Field(examples=["2026-11-22"])
    automated_detection: bool
    automated_decision: bool = Field(description="false: a moderator decided")
    how_to_appeal: Texts
    appeal_until: AwareDatetime
    appeal: AppealView | None = Field(default=None, description="null: no appeal")


class AppealUploadsView(Message):
    """Upload the contested files again. When all are recognised, a lead reviews the appeal."""

    appeal: AppealView
    uploads: tuple[PresignedPost, ...] = Field(description="for photos that are not recognised yet")


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


class PreviewQuery(Message):
    size: Literal["256", "512"] = Field(default="512", description="side of the picture, px")


class StyleView(Message):
    style: StyleIdField
    name: Texts
    description: Texts
    preview: str = Field(
        description="path of a preview picture in this API, WebP, 512 px; needs no signature",
        examples=["/v1/styles/comic/preview"],
    )
    thumbnail: str = Field(
        description="path of the same picture in 256 px",
        examples=["/v1/styles/comic/preview?size=256"],
    )


class StylesView(Paged):
    styles: tuple[StyleView, ...]


class ProvenanceView(Message):
    """Whether a picture is an avatar of this service. Does not say whose."""

    ours: bool
    by: Literal["credentials", "watermark"] | None = Field(
        default=None, description="how it was recognised"
    )
    credentials: Trust = Field(description="validity of its Content Credentials")
    style: StyleIdField | None = None
    made_at: AwareDatetime | None = None
    digital_source_type: str | None = Field(
        default=None,
        description="IPTC digital source type",
        examples=["http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicallyEnhanced"],
    )
    revoked: bool | None = Field(
        default=None, description="deleted by the user's choice or erasure; null: record expired"
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
