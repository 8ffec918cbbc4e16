"""What the API takes and answers. docs/openapi.json is generated from these models."""

from pydantic import AwareDatetime, Field

from likeness.domain.erasure import ErasureState
from likeness.domain.ids import (
    AvatarIdField,
    ErasureIdField,
    JobIdField,
    PhotoIdField,
    ReviewId,
    StyleIdField,
    UserIdField,
)
from likeness.domain.job import (
    MAX_AVATARS,
    MAX_PHOTOS,
    MAX_STYLES,
    MIN_PHOTOS,
    Consent,
    FailureKind,
    JobState,
    Moment,
)
from likeness.domain.photo import Box, ContentType, PhotoState
from likeness.domain.quota import EntryState
from likeness.domain.reasons import Reason
from likeness.domain.record import Record


class Message(Record):
    """A body of the API. A field that it does not know is refused, so that a typo is noticed."""


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


class UploadForm(Message):
    """A presigned POST: send the fields, then the file, as multipart/form-data."""

    photo_id: PhotoIdField
    url: str
    fields: dict[str, str]
    max_bytes: int
    expires_at: AwareDatetime


class Created(Message):
    job_id: JobIdField
    submit_by: AwareDatetime
    uploads: tuple[UploadForm, ...]


class Submitted(Message):
    job_id: JobIdField
    state: JobState


class Explained(Message):
    """A reason code with its hint, in every language we speak."""

    code: Reason
    hint: dict[str, str]
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
    past_jobs: int = Field(description="jobs of the same lane and tier that this is told from")


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
    png: str
    webp: dict[int, str] = Field(description="by side in px")


class EntryView(Message):
    """What one job did to the day: reserved when submitted, then spent, or returned and why."""

    job_id: JobIdField
    state: EntryState
    reason: Reason | None = None
    reserved_at: AwareDatetime
    settled_at: AwareDatetime | None = None


class QuotaView(Message):
    """The user's day, as the calendar on their wall has it."""

    day: str = Field(description="ISO date")
    time_zone: str = Field(description="in which days are counted; changes once in 30 days at most")
    tier: str
    limit: int
    used: int
    left: int
    next_day_begins_at: AwareDatetime
    entries: tuple[EntryView, ...] = ()


class SetPlus(Message):
    """What billing says of a user. Messages may come late, twice and in any order."""

    expires_at: AwareDatetime = Field(description="in the past: Plus has ended")
    source: str = Field(min_length=1, max_length=64, examples=["app-store"])
    effective_at: AwareDatetime = Field(description="when billing decided so: the newest wins")


class PlusView(Message):
    """The entitlement that stands, which is not the one just sent where a newer one was known."""

    active: bool
    expires_at: AwareDatetime
    source: str
    effective_at: AwareDatetime


class Keep(Message):
    """The avatars that the user picked. The others are deleted."""

    avatars: tuple[AvatarIdField, ...] = Field(min_length=1, max_length=MAX_AVATARS)


class Kept(Message):
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
    stays: str = Field(description="what is still known, and for how long")


class JobView(Message):
    """A job as the app backend sees it."""

    job_id: JobIdField
    state: JobState
    reason: Explained | None = None
    failure: FailureKind | None = Field(default=None, description="where our fault lay, if failed")
    tier: str
    styles: tuple[StyleIdField, ...]
    avatars_asked: int
    created_at: AwareDatetime
    submit_by: AwareDatetime
    timeline: tuple[Moment, ...]
    photos: tuple[PhotoView, ...]
    photos_deleted_at: AwareDatetime | None
    progress: ProgressView | None = None
    avatars: tuple[AvatarView, ...] = ()
    avatars_expire_at: AwareDatetime | None = None
    archive: str | None = Field(default=None, description="link to one ZIP of all avatars")
    quota: QuotaView


class StyleView(Message):
    style: StyleIdField
    name: dict[str, str]
    description: dict[str, str]
    preview: str = Field(description="path of a picture in this API")


class StylesView(Message):
    styles: tuple[StyleView, ...]


class ReviewedPhoto(Message):
    """A photo under review: what was found, and a link that lives a minute."""

    photo_id: PhotoIdField
    findings: tuple[str, ...]
    link: str


class ReviewView(Message):
    review_id: ReviewId
    job_id: JobIdField
    state: str
    opened_at: AwareDatetime
    decide_by: AwareDatetime
    photos: tuple[ReviewedPhoto, ...] = ()


class ReviewsView(Message):
    reviews: tuple[ReviewView, ...]


class Decide(Message):
    """A moderator's decision. To refuse, name the reason code."""

    approve: bool
    reason: Reason | None = None


class Problem(Message):
    """Every error of the API."""

    error: str
    message: str
    reason: Reason | None = None
