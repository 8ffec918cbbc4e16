"""What the API takes and answers. docs/openapi.json is generated from these models."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, ConfigDict, Field

from likeness.domain.account.erasure import ErasureState
from likeness.domain.account.quota import QuotaState
from likeness.domain.deletion.receipt import DeletionState
from likeness.domain.ids import (
    AvatarIdField,
    ErasureIdField,
    JobIdField,
    PhotoIdField,
    StyleIdField,
    UserIdField,
)
from likeness.domain.jobs.job import (
    MAX_AVATARS,
    MAX_PHOTOS,
    MAX_STYLES,
    MIN_PHOTOS,
    Consent,
    FailureKind,
    JobState,
    TimelineEntry,
)
from likeness.domain.paging import MAX_CURSOR
from likeness.domain.photos.photo import Box, ContentType, PhotoState
from likeness.domain.provenance.credentials import Trust
from likeness.domain.reasons import DsaCategory, DsaKeyword, Reason
from likeness.domain.record import Record
from likeness.domain.review.appeal import AppealState

# Whoever has one may use it, until it ends by itself: no link is ever logged or stored.
PresignedUrl = Annotated[
    str,
    Field(json_schema_extra={"format": "uri"}, examples=["https://bucket.s3.amazonaws.com/..."]),
]
Texts = Annotated[  # in every language we speak
    dict[str, str], Field(examples=[{"en": "in English", "de": "auf Deutsch"}])
]


JWS_EXAMPLE = "eyJhbGciOiJFUzI1NiJ9.eyJpc3N1ZXIiOiJsaWtlbmVzcy9wcm9kIn0.c2lnbmF0dXJl"


class Message(Record):
    """A body of the API. A field that it does not know is refused, so that a typo is noticed."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)


class Page(Message):
    """Which part of a list is asked for."""

    limit: int = Field(default=50, ge=1, le=100, description="as many at most")
    cursor: str | None = Field(
        default=None,
        min_length=1,
        max_length=MAX_CURSOR,
        description="`next` of the page before; without it the list begins",
    )


class Paged(Message):
    next: str | None = Field(
        description="cursor of the next page; null where the list ends",
        examples=["oQvK0mCk7Vt1MjAyNi0xMS0yMg"],
    )


class NewPhoto(Message):
    """The type that the app declares: the form will take no other."""

    content_type: ContentType


class CreateJob(Message):
    user_id: UserIdField
    styles: tuple[StyleIdField, ...] = Field(min_length=1, max_length=MAX_STYLES)
    photos: tuple[NewPhoto, ...] = Field(min_length=MIN_PHOTOS, max_length=MAX_PHOTOS)
    avatars: int = Field(default=MAX_AVATARS, ge=1, le=MAX_AVATARS)
    time_zone: str = Field(min_length=1, max_length=64, examples=["Europe/Berlin"])
    consent: Consent


class AddPhoto(NewPhoto):
    """One more form, to replace a refused photo."""


class PresignedPost(Message):
    """A presigned POST: send the fields, then the file, as multipart/form-data."""

    photo_id: PhotoIdField
    url: PresignedUrl
    fields: dict[str, str] = Field(examples=[{"key": "...", "policy": "..."}])
    max_bytes: int
    expires_at: AwareDatetime


class Created(Message):
    job_id: JobIdField
    submit_by: AwareDatetime
    uploads: tuple[PresignedPost, ...] = Field(
        description="one for each photo; none where a repeated request finds the job submitted"
    )


class StoredPost(Message):
    """What is kept of an presigned POST under an Idempotency-Key."""

    photo_id: PhotoIdField


class StoredJob(Message):
    """What is kept of a created job under an Idempotency-Key: its forms are signed anew."""

    job_id: JobIdField
    uploads: tuple[StoredPost, ...]


class Submitted(Message):
    job_id: JobIdField
    state: JobState


class Explained(Message):
    """A reason code with its hint, in every language we speak."""

    code: Reason
    hint: Texts
    fix_and_retry: bool


class PhotoView(Message):
    """What became of one photo; `problem` and `box` say what to do about it, and where."""

    photo_id: PhotoIdField
    state: PhotoState
    problem: Explained | None = None
    box: Box | None = None
    other: PhotoIdField | None = Field(default=None, description="the photo that it repeats")


class EstimateView(Message):
    """Seconds from now: half, and nine in ten, of the jobs like this one were done by then."""

    p50_s: int
    p90_s: int
    measured_jobs: int = Field(
        description="jobs of the same backend and tier that this is told from"
    )


class ProgressView(Message):
    """Avatars drawn so far, of those this job asked for."""

    done: int
    total: int
    estimate: EstimateView | None = Field(
        default=None, description="absent while a human decides, and where too few jobs are known"
    )


class AvatarView(Message):
    """One avatar, best first. Links live a few minutes."""

    avatar_id: AvatarIdField
    style: StyleIdField
    likeness: float | None = Field(description="distance to the photos; null: not measurable")
    png: PresignedUrl
    webp: dict[int, PresignedUrl] = Field(
        description="by side in px", examples=[{"512": "https://bucket.s3.amazonaws.com/..."}]
    )


class EntryView(Message):
    """What one job did to the day: reserved when submitted, then spent, or returned and why."""

    job_id: JobIdField
    state: QuotaState
    reason: Reason | None = None
    reserved_at: AwareDatetime
    settled_at: AwareDatetime | None = None


class QuotaView(Message):
    """The user's day, as the calendar on their wall has it."""

    day: str = Field(description="ISO date", examples=["2026-11-22"])
    time_zone: str = Field(
        description="in which days are counted; changes once in 30 days at most",
        examples=["Europe/Berlin"],
    )
    tier: str = Field(examples=["lite"])
    limit: int
    used: int
    left: int
    next_day_begins_at: AwareDatetime
    entries: tuple[EntryView, ...] = ()


# Years that every zone can be told in: the first and the last of the calendar cannot.
BillingMoment = Annotated[
    AwareDatetime,
    Field(ge=datetime(2000, 1, 1, tzinfo=UTC), lt=datetime(9000, 1, 1, tzinfo=UTC)),
]


class SetPlus(Message):
    """What billing says of a user. Messages may come late, twice and in any order."""

    expires_at: BillingMoment = Field(description="in the past: Plus has ended")
    source: str = Field(min_length=1, max_length=64, examples=["app-store"])
    effective_at: BillingMoment = Field(description="when billing decided so: the newest wins")


class PlusView(Message):
    """The entitlement that stands, which is not the one just sent where a newer one was known."""

    active: bool
    expires_at: AwareDatetime
    source: str = Field(examples=["app-store"])
    effective_at: AwareDatetime


class KeepAvatars(Message):
    """The avatars that the user picked. The others are deleted."""

    avatars: tuple[AvatarIdField, ...] = Field(min_length=1, max_length=MAX_AVATARS)


class AvatarsKept(Message):
    job_id: JobIdField
    avatars: tuple[AvatarIdField, ...]
    avatars_expire_at: AwareDatetime | None


class ErasureView(Message):
    """An erasure, and once it is done its receipt."""

    erasure_id: ErasureIdField
    state: ErasureState
    requested_at: AwareDatetime
    finished_at: AwareDatetime | None = None
    jobs: int = Field(description="forgotten")
    objects: int = Field(description="deleted from the buckets")
    stays: str = Field(
        description="what is still known, and for how long",
        examples=["A keyed hash of the user's id with the days that jobs took, for 400 days."],
    )
    receipt: str | None = Field(
        default=None, description="JWS, once it is done", examples=[JWS_EXAMPLE]
    )


class ReceiptView(Message):
    """The signed receipt of a deletion: a JWS in compact serialisation, ES256."""

    job_id: JobIdField
    state: DeletionState
    receipt: str = Field(examples=[JWS_EXAMPLE])


class PublicKey(Message):
    """A JSON Web Key (RFC 7517) of the curve P-256."""

    kty: str = Field(examples=["EC"])
    crv: str = Field(examples=["P-256"])
    x: str = Field(examples=["f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"])
    y: str = Field(examples=["x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"])
    kid: str = Field(examples=["46d7562c-7bb2-4dd4-a00d-1527178cf3af"])
    alg: str = Field(examples=["ES256"])
    use: str = Field(examples=["sig"])


class KeysView(Message):
    """The public keys that receipts are verified with, as a JSON Web Key Set."""

    keys: tuple[PublicKey, ...]


class Ground(Explained):
    """A rule that a photo broke, and what it is called in the DSA Transparency Database."""

    photo_id: PhotoIdField
    dsa_category: DsaCategory
    dsa_keyword: DsaKeyword | None = None


class AppealedPhotoView(Message):
    """`recognised`: the file came in and is the refused photo; `another`: it is not."""

    photo_id: PhotoIdField
    state: Literal["awaited", "recognised", "another"]


class AppealView(Message):
    state: AppealState
    opened_at: AwareDatetime
    decide_by: AwareDatetime | None
    decided_at: AwareDatetime | None
    photos: tuple[AppealedPhotoView, ...]


class Statement(Message):
    """Statement of reasons for a refusal on policy (DSA, Article 17)."""

    issued_at: AwareDatetime
    decision: Texts
    grounds: tuple[Ground, ...]
    policy_version: str | None = Field(examples=["2026-11-22"])
    automated_detection: bool
    automated_decision: bool = Field(description="false: a moderator decided")
    how_to_appeal: Texts
    appeal_until: AwareDatetime
    appeal: AppealView | None = Field(default=None, description="null: none was opened")


class AppealOpened(Message):
    """Send the same files again, each with its form. When all are recognised, a lead looks."""

    appeal: AppealView
    uploads: tuple[PresignedPost, ...] = Field(description="for what is not recognised yet")


class JobView(Message):
    """A job as the app backend sees it."""

    job_id: JobIdField
    state: JobState
    reason: Explained | None = None
    failure: FailureKind | None = Field(default=None, description="where our fault lay, if failed")
    tier: str = Field(examples=["lite"])
    styles: tuple[StyleIdField, ...]
    avatars_asked: int
    created_at: AwareDatetime
    submit_by: AwareDatetime
    timeline: tuple[TimelineEntry, ...]
    photos: tuple[PhotoView, ...]
    photos_deleted_at: AwareDatetime | None
    deletion: DeletionState | None = Field(
        default=None, description="null: the photos are in use; deleted: GET .../receipt shows it"
    )
    progress: ProgressView | None = None
    avatars: tuple[AvatarView, ...] = ()
    avatars_expire_at: AwareDatetime | None = None
    archive: PresignedUrl | None = Field(default=None, description="link to one ZIP of all avatars")
    quota: QuotaView
    statement: Statement | None = Field(default=None, description="where a rule was broken")


class JobSummary(Message):
    """A job in a list; GET /v1/jobs/{job_id} tells the rest."""

    job_id: JobIdField
    state: JobState
    reason: Explained | None = None
    failure: FailureKind | None = Field(default=None, description="where our fault lay, if failed")
    styles: tuple[StyleIdField, ...]
    avatars_asked: int
    created_at: AwareDatetime
    submit_by: AwareDatetime


class JobsView(Paged):
    """A user's jobs, the newest first. One that was opened a moment ago may still be missing."""

    jobs: tuple[JobSummary, ...]


class StyleView(Message):
    style: StyleIdField
    name: Texts
    description: Texts
    preview: str = Field(
        description="path of a picture in this API", examples=["/v1/styles/comic/preview"]
    )


class StylesView(Paged):
    styles: tuple[StyleView, ...]


class Verified(Message):
    """Is a picture ours? Never whose."""

    ours: bool
    by: Literal["credentials", "watermark"] | None = None
    credentials: Trust = Field(description="what its Content Credentials are worth")
    style: StyleIdField | None = None
    made_at: AwareDatetime | None = None
    digital_source_type: str | None = Field(
        default=None,
        description="by IPTC: how it was made",
        examples=["http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicallyEnhanced"],
    )
    revoked: bool | None = Field(
        default=None, description="not kept, or its user erased; null: not on record any more"
    )


class ErrorBody(Message):
    """Every error of the API."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=False)

    error: str = Field(description="its kind; stable", examples=["Invalid"])
    message: str = Field(
        description="what is wrong and what to do; for developers, not for users",
        examples=["styles: Tuple should have at least 1 item after validation, not 0"],
    )
    reason: Reason | None = Field(default=None, description="a code that users can be told")
