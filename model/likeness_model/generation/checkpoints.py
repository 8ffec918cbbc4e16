"""The avatars that are drawn so far: files in the checkpoint folder that survive a restart."""

import hashlib
import logging
from pathlib import Path

from pydantic import ValidationError

from likeness.contracts import Contract
from likeness.contracts.container import AvatarOrder, DrawnAvatar, GenerationOrder
from likeness.domain.ids import AvatarId, StyleId
from likeness_model.generation.files import write_atomically
from likeness_model.generation.near_duplicates import (
    NEAR_DUPLICATE_BELOW,
    fingerprint,
    picture_distance,
)
from likeness_model.generation.picture import Picture
from likeness_model.generation.variation import Variation
from likeness_model.vision.images import decode
from likeness_model.vision.records import Floats

log = logging.getLogger(__name__)


class AvatarRecord(Contract):
    """`aNN.json` beside `aNN.png`: the data about the picture that a restarted job needs."""

    avatar: DrawnAvatar
    zoom: float
    shift: tuple[float, float]
    mirror: bool

    @property
    def framing(self) -> Variation:
        return Variation(zoom=self.zoom, shift=self.shift, mirror=self.mirror)


class AvatarCheckpoints:
    """Avatars in files, and their fingerprints in memory."""

    def __init__(self, folder: Path, order: GenerationOrder) -> None:
        self.folder = folder
        self.avatars: dict[AvatarId, DrawnAvatar] = {}
        self._fingerprints: dict[StyleId, list[Floats]] = {}
        for avatar in order.avatars:
            self._restore(avatar, order.size)

    def has_near_duplicate(self, picture: Picture) -> bool:
        return any(
            picture_distance(picture.fingerprint, other) < NEAR_DUPLICATE_BELOW
            for other in self._fingerprints.get(picture.draft.avatar.style, [])
        )

    def store(self, picture: Picture) -> None:
        """Write the record before the picture: an avatar counts once its picture exists."""
        draft, variation = picture.draft, picture.draft.variation
        avatar = DrawnAvatar(
            avatar_id=draft.avatar.avatar_id,
            style=draft.avatar.style,
            seed=draft.avatar.seed,
            file=f"{draft.avatar.avatar_id}.png",
            sha256=hashlib.sha256(picture.png).hexdigest(),
            photo_id=draft.photo_id,
            draws=draft.draw,
            distance=None if picture.distance is None else round(picture.distance, 4),
            measures=picture.measures,
            watermarking=picture.watermarking,
        )
        record = AvatarRecord(
            avatar=avatar, zoom=variation.zoom, shift=variation.shift, mirror=variation.mirror
        )
        write_atomically(self._record_file(avatar.avatar_id), record.model_dump_json().encode())
        write_atomically(self.folder / avatar.file, picture.png)
        self._add(avatar, picture.fingerprint)

    def _restore(self, ordered: AvatarOrder, size: int) -> None:
        """Take over an earlier run's avatar if it is the ordered one and its file is undamaged."""
        try:
            record = AvatarRecord.model_validate_json(
                self._record_file(ordered.avatar_id).read_bytes()
            )
            png = (self.folder / record.avatar.file).read_bytes()
        except (FileNotFoundError, ValidationError):
            return
        expected = (ordered.avatar_id, ordered.style, ordered.seed)
        found = (record.avatar.avatar_id, record.avatar.style, record.avatar.seed)
        if expected != found or hashlib.sha256(png).hexdigest() != record.avatar.sha256:
            return
        picture = decode(png)
        if picture is None or picture.shape[:2] != (size, size):
            return
        self._add(record.avatar, fingerprint(picture, record.framing))
        log.info("avatar %s: restored from its checkpoint", ordered.avatar_id)

    def _add(self, avatar: DrawnAvatar, fingerprint_: Floats) -> None:
        self.avatars[avatar.avatar_id] = avatar
        self._fingerprints.setdefault(avatar.style, []).append(fingerprint_)

    def _record_file(self, avatar_id: AvatarId) -> Path:
        return self.folder / f"{avatar_id}.json"
