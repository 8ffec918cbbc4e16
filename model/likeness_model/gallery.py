"""The avatars that are kept: files in the checkpoint directory that outlive a restart."""

import hashlib
import logging
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from pydantic import ValidationError

from likeness.contracts import AvatarOrder, Contract, DrawnAvatar, GenerationOrder, Likeness
from likeness.domain.ids import AvatarId, StyleId
from likeness_model.folders import put
from likeness_model.painter.scene import Look
from likeness_model.twins import TWINS_BELOW, fingerprint, picture_distance
from likeness_model.vision.records import Floats
from likeness_model.workers import Picture

log = logging.getLogger(__name__)


class Kept(Contract):
    """`aNN.json` beside `aNN.png`: what a restarted job must know of an avatar it finds."""

    avatar: DrawnAvatar
    zoom: float
    shift: tuple[float, float]
    mirror: bool

    @property
    def framing(self) -> Look:
        return replace(Look(), zoom=self.zoom, shift=self.shift, mirror=self.mirror)


class Gallery:
    """Avatars in files, and their fingerprints in memory."""

    def __init__(self, folder: Path, order: GenerationOrder) -> None:
        self.folder = folder
        self.avatars: dict[AvatarId, DrawnAvatar] = {}
        self._prints: dict[StyleId, list[Floats]] = {}
        for avatar in order.avatars:
            self._find(avatar, order.size)

    def has_twin_of(self, picture: Picture) -> bool:
        return any(
            picture_distance(picture.fingerprint, other) < TWINS_BELOW
            for other in self._prints.get(picture.draft.avatar.style, [])
        )

    def keep(self, picture: Picture) -> None:
        """Record first, picture last: an avatar counts from the moment its picture is there."""
        draft = picture.draft
        avatar = DrawnAvatar(
            avatar_id=draft.avatar.avatar_id,
            style=draft.avatar.style,
            seed=draft.avatar.seed,
            file=f"{draft.avatar.avatar_id}.png",
            sha256=hashlib.sha256(picture.png).hexdigest(),
            photo_id=draft.photo_id,
            attempts=draft.attempt,
            likeness=Likeness(distance=_rounded(picture.distance)),
            measures=picture.measures,
            marking=picture.marking,
        )
        look = draft.look
        kept = Kept(avatar=avatar, zoom=look.zoom, shift=look.shift, mirror=look.mirror)
        put(self._record(avatar.avatar_id), kept.model_dump_json().encode())
        put(self.folder / avatar.file, picture.png)
        self._hang(avatar, picture.fingerprint)

    def _find(self, ordered: AvatarOrder, size: int) -> None:
        """Take over an avatar that an earlier run left, if it is whole and the one ordered."""
        try:
            kept = Kept.model_validate_json(self._record(ordered.avatar_id).read_bytes())
            png = (self.folder / kept.avatar.file).read_bytes()
        except (FileNotFoundError, ValidationError):
            return
        asked = (ordered.avatar_id, ordered.style, ordered.seed)
        found = (kept.avatar.avatar_id, kept.avatar.style, kept.avatar.seed)
        if asked != found or hashlib.sha256(png).hexdigest() != kept.avatar.sha256:
            return
        decoded = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
        if decoded is None or decoded.shape[:2] != (size, size):
            return
        picture = cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB)
        self._hang(kept.avatar, fingerprint(picture, kept.framing))
        log.info("avatar %s: found, not drawn again", ordered.avatar_id)

    def _hang(self, avatar: DrawnAvatar, print_: Floats) -> None:
        self.avatars[avatar.avatar_id] = avatar
        self._prints.setdefault(avatar.style, []).append(print_)

    def _record(self, avatar_id: AvatarId) -> Path:
        return self.folder / f"{avatar_id}.json"


def _rounded(distance: float | None) -> float | None:
    return None if distance is None else round(distance, 4)
