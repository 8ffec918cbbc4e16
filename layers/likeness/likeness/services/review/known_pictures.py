"""Hold uploads that are in the operator's hash list, and every upload of a job that is held."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from likeness.domain.review.hold import HeldPhoto, HoldTrigger

if TYPE_CHECKING:
    from likeness.domain.photos.photo import Photo
    from likeness.ports.holds import HashList
    from likeness.ports.photos import Pictures
    from likeness.services.review.holding import Holding


@dataclass(frozen=True)
class KnownPictures:
    holding: Holding
    pictures: Pictures
    hash_list: HashList | None = None  # None: the operator has none

    def check(
        self, photo: Photo, upload: bytes, jpeg: bytes | None, *, uploaded_from: str | None
    ) -> None:
        """Hold the job if it must be. Raises Unavailable if that is unknown or failed.

        `jpeg`: the normalised photo; None if the upload cannot be decoded.
        """
        known = bool(jpeg and self.hash_list and self.hash_list.match(self.pictures.hashes(jpeg)))
        if not known and self.holding.active(photo.job_id) is None:
            return
        found = HeldPhoto(
            photo_id=photo.photo_id,
            suspected=known,
            uploaded_at=photo.uploaded_at,
            uploaded_from=uploaded_from,
        )
        suspected = [photo.photo_id] if known else []
        self.holding.hold(
            photo.job_id, HoldTrigger.HASH_MATCH, suspected=suspected, uploads=[(found, upload)]
        )
