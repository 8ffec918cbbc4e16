"""Photos of a job, and presigned POSTs for them."""

from pydantic import AwareDatetime, Field

from likeness.api.message import Message, PresignedUrl, Texts
from likeness.domain.ids import PhotoIdField
from likeness.domain.photos.photo import Box, ContentType, PhotoState
from likeness.domain.reasons import Reason


class NewPhoto(Message):
    """The content type of a photo: the presigned POST accepts no other."""

    content_type: ContentType


class AddPhoto(NewPhoto):
    """Request one more presigned POST, to replace a refused photo."""


class PresignedPost(Message):
    """A presigned POST: send `fields`, then the file, as multipart/form-data."""

    photo_id: PhotoIdField
    url: PresignedUrl
    fields: dict[str, str] = Field(examples=[{"key": "...", "policy": "..."}])
    max_bytes: int = Field(description="maximum size of the file")
    expires_at: AwareDatetime


class StoredPost(Message):
    """A presigned POST, as cached under an Idempotency-Key."""

    photo_id: PhotoIdField


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
