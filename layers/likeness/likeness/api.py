"""What the API takes and answers. docs/openapi.json is generated from these models."""

from pydantic import AwareDatetime, Field

from likeness.domain.ids import (
    AvatarIdField,
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
    JobState,
    Moment,
)
from likeness.domain.photo import Box, ContentType, PhotoState
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


class ProgressView(Message):
    """Avatars drawn so far, of those this job asked for."""

    done: int
    total: int


class AvatarView(Message):
    """One avatar, best first. Links live a few minutes."""

    avatar_id: AvatarIdField
    style: StyleIdField
    likeness: float | None = Field(description="distance to the photos; null: not measurable")
    png: str
    webp: dict[int, str] = Field(description="by side in px")


class QuotaView(Message):
    day: str
    limit: int
    used: int
    left: int
    next_day_begins_at: AwareDatetime


class JobView(Message):
    """A job as the app backend sees it."""

    job_id: JobIdField
    state: JobState
    reason: Explained | None = None
    styles: tuple[StyleIdField, ...]
    avatars_asked: int
    created_at: AwareDatetime
    submit_by: AwareDatetime
    timeline: tuple[Moment, ...]
    photos: tuple[PhotoView, ...]
    photos_deleted_at: AwareDatetime | None
    progress: ProgressView | None = None
    avatars: tuple[AvatarView, ...] = ()
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
