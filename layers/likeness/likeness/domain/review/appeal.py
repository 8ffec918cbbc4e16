"""An appeal against a refusal. The photos are deleted by then, so the user uploads them again."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Literal, Self

from pydantic import AwareDatetime, Field

from likeness.domain.errors import AppealClosed
from likeness.domain.ids import JobIdField, PhotoId, PhotoIdField
from likeness.domain.record import Record, Versioned

if TYPE_CHECKING:
    from likeness.domain.photos.photo import Fingerprint

# Bits of 64. tests/bench/photo_copies.py: a photo's copies differ from it in at most 10.
SIMILAR_HASHES = 10

Match = Literal["exact", "similar"]


class AppealState(StrEnum):
    OPEN = "open"  # waits for the files
    IN_REVIEW = "in_review"
    GRANTED = "granted"
    REJECTED = "rejected"
    EXPIRED = "expired"  # no decision in time: may be opened again


class AppealedPhoto(Record):
    """A refused photo, and how the file that was uploaded again matches it."""

    photo_id: PhotoIdField
    match: Match | None = None
    mismatch: bool = Field(default=False, description="the last file was another photo")
    beside: bool = Field(
        default=False, description="not contested, only to compare: the appeal is reviewed without"
    )


class Appeal(Versioned):
    job_id: JobIdField
    state: AppealState = AppealState.OPEN
    opened_at: AwareDatetime
    decide_by: AwareDatetime | None = None
    decided_at: AwareDatetime | None = None
    photos_deleted_at: AwareDatetime | None = None
    photos: tuple[AppealedPhoto, ...] = Field(min_length=1)

    @property
    def undecided(self) -> bool:
        """Its files are in use."""
        return self.state in {AppealState.OPEN, AppealState.IN_REVIEW}

    @property
    def complete(self) -> bool:
        return all(photo.match for photo in self.photos if not photo.beside)

    def awaits(self, photo_id: PhotoId) -> bool:
        """Whether a file for this photo is still of use. One to compare with may come later."""
        return any(
            photo.photo_id == photo_id
            and (
                self.state is AppealState.OPEN
                or (photo.beside and self.state is AppealState.IN_REVIEW)
            )
            for photo in self.photos
        )

    def recognised(self, photo_id: PhotoId, match: Match | None) -> Self:
        """Records the match of an uploaded file; None: it is another photo."""
        photos = tuple(
            photo.model_copy(update={"match": match, "mismatch": match is None})
            if photo.photo_id == photo_id and not photo.match
            else photo
            for photo in self.photos
        )
        return self.change(photos=photos)

    def require(self, state: AppealState) -> None:
        if self.state is not state:
            raise AppealClosed(f"the appeal of job {self.job_id} is {self.state}")


def is_near_duplicate(one: Fingerprint, other: Fingerprint) -> bool:
    return one.hamming_distance(other) <= SIMILAR_HASHES
