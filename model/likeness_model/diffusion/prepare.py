"""From photos to what a backend learns from or is shown: square crops around the face, in words."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from likeness.domain.ids import PhotoId
from likeness_model.diffusion.judge import Features, read_features
from likeness_model.diffusion.prompts import catalogue
from likeness_model.errors import PhotosError
from likeness_model.painter.subject import NoUsableFace, find_person
from likeness_model.vision.pose import head_pose, worth
from likeness_model.vision.records import Image, Mesh

log = logging.getLogger(__name__)

# Side of the crop in heights of the face, brow to chin. The close one has hair and ears, the wide
# one the shoulders; learning from both keeps the adapter from learning one framing.
CLOSE, WIDE = 1.7, 2.8
TURNED = 20  # degrees of yaw from which a caption says so


@dataclass(frozen=True)
class Portrait:
    """A photo with a face. `worth` orders them, best highest: large, and turned towards us."""

    photo_id: PhotoId
    photo: Image
    mesh: Mesh
    features: Features
    worth: float


@dataclass(frozen=True)
class Example:
    """A square picture and what it shows."""

    picture: Image
    caption: str


def find_portraits(photos: Mapping[PhotoId, bytes]) -> list[Portrait]:
    """The usable photos, best first; each is decoded and measured once.

    Raises PhotosError where no file is a picture.
    """
    portraits, unreadable = [], 0
    for photo_id, encoded in photos.items():
        photo = _decode(encoded)
        if photo is None:
            unreadable += 1
            log.warning("photo %s: left out, it cannot be decoded", photo_id)
            continue
        try:
            mesh = find_person(photo)
        except NoUsableFace:
            log.warning("photo %s: left out, it shows no face that can be learned", photo_id)
            continue
        features = read_features(photo, mesh)
        portraits.append(Portrait(photo_id, photo, mesh, features, worth(mesh)))
    if unreadable == len(photos):
        raise PhotosError("no photo can be decoded")
    return sorted(portraits, key=lambda portrait: (-portrait.worth, portrait.photo_id))


def examples(portraits: Sequence[Portrait], side: int) -> list[Example]:
    """Two crops of each photo, and their mirror images: faces are nearly symmetric, and a few
    photos are few."""
    found = []
    for portrait in portraits:
        turned = ", turned to the side" if _is_turned(portrait.mesh) else ""
        for factor, words in ((CLOSE, "close-up"), (WIDE, "head and shoulders")):
            picture = face_crop(portrait, factor, side)
            caption = f"photo of {catalogue().token}, {words}{turned}"
            found.append(Example(picture, caption))
            found.append(Example(np.ascontiguousarray(picture[:, ::-1]), caption))
    return found


def references(portraits: Sequence[Portrait], count: int, side: int) -> list[Image]:
    """Crops of the best photos, at most `count`, none twice."""
    return [face_crop(portrait, WIDE, side) for portrait in portraits[:count]]


def face_crop(portrait: Portrait, factor: float, side: int) -> Image:
    """(side, side, 3) around the face; moved, then narrowed, where the photo ends sooner."""
    height, width = portrait.photo.shape[:2]
    low, high = portrait.mesh.plane.min(0), portrait.mesh.plane.max(0)
    span = int(min(factor * (high[1] - low[1]), height, width))
    left, top = ((low + high) / 2 - span / 2).round().astype(int)
    left = int(np.clip(left, 0, width - span))
    top = int(np.clip(top, 0, height - span))
    crop = portrait.photo[top : top + span, left : left + span]
    smooth = cv2.INTER_AREA if span > side else cv2.INTER_CUBIC
    return cv2.resize(crop, (side, side), interpolation=smooth)


def _decode(encoded: bytes) -> Image | None:
    if not encoded:
        return None
    decoded = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR)
    return None if decoded is None else cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB)


def _is_turned(mesh: Mesh) -> bool:
    return abs(head_pose(mesh).yaw) >= TURNED
