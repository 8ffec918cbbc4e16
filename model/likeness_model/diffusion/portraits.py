"""From photos to training examples and reference pictures: square crops around the face."""

import logging
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np

from likeness.domain.ids import PhotoId
from likeness_model.diffusion.prompts import templates
from likeness_model.diffusion.quality_gate import Features, read_features
from likeness_model.errors import PhotosError
from likeness_model.vision.images import decode
from likeness_model.vision.person import NoUsableFace, find_person
from likeness_model.vision.pose import head_pose, worth
from likeness_model.vision.records import Image, Mesh

log = logging.getLogger(__name__)

# Side of the crop in heights of the face, brow to chin. The close crop shows hair and ears, the
# wide one the shoulders; training on both keeps the adapter from learning one framing.
CLOSE, WIDE = 1.7, 2.8
ANALYSING_THREADS = min(10, os.cpu_count() or 1)  # the vision models release the lock
UNREADABLE = "it cannot be decoded"
TURNED = 20  # degrees of yaw from which the caption says so


@dataclass(frozen=True)
class Portrait:
    """A photo with a face. `worth` ranks photos: a large face, turned to the camera, is best."""

    photo_id: PhotoId
    photo: Image
    mesh: Mesh
    features: Features
    worth: float


@dataclass(frozen=True)
class TrainingExample:
    """A square picture and its caption."""

    picture: Image
    caption: str


def find_portraits(photos: Mapping[PhotoId, bytes]) -> list[Portrait]:
    """The usable photos, best first; each is decoded and measured once.

    Raises PhotosError if no file can be decoded.
    """
    with ThreadPoolExecutor(ANALYSING_THREADS) as threads:
        analysed = dict(zip(photos, threads.map(_portrait, photos, photos.values()), strict=True))
    for photo_id, portrait in analysed.items():
        if isinstance(portrait, str):
            log.warning("photo %s: left out, %s", photo_id, portrait)
    if all(portrait == UNREADABLE for portrait in analysed.values()):
        raise PhotosError("no photo can be decoded")
    portraits = [each for each in analysed.values() if isinstance(each, Portrait)]
    return sorted(portraits, key=lambda each: (-each.worth, each.photo_id))


def _portrait(photo_id: PhotoId, encoded: bytes) -> Portrait | str:
    """Or why the photo is left out."""
    photo = decode(encoded)
    if photo is None:
        return UNREADABLE
    try:
        mesh = find_person(photo)
    except NoUsableFace:
        return "it shows no usable face"
    return Portrait(photo_id, photo, mesh, read_features(photo, mesh), worth(mesh))


def training_examples(portraits: Sequence[Portrait], side: int) -> list[TrainingExample]:
    """Two crops of each photo and their mirror images: faces are nearly symmetric, and there are
    only a few photos."""
    examples = []
    for portrait in portraits:
        turned = ", turned to the side" if abs(head_pose(portrait.mesh).yaw) >= TURNED else ""
        for factor, words in ((CLOSE, "close-up"), (WIDE, "head and shoulders")):
            picture = face_crop(portrait, factor, side)
            caption = f"photo of {templates().token}, {words}{turned}"
            examples.append(TrainingExample(picture, caption))
            examples.append(TrainingExample(np.ascontiguousarray(picture[:, ::-1]), caption))
    return examples


def references(portraits: Sequence[Portrait], count: int, side: int) -> list[Image]:
    """One crop of each of the best photos, at most `count`."""
    return [face_crop(portrait, WIDE, side) for portrait in portraits[:count]]


def face_crop(portrait: Portrait, factor: float, side: int) -> Image:
    """(side, side, 3) around the face; moved, then narrowed, where the photo ends."""
    height, width = portrait.photo.shape[:2]
    low, high = portrait.mesh.plane.min(0), portrait.mesh.plane.max(0)
    span = int(min(factor * (high[1] - low[1]), height, width))
    left, top = ((low + high) / 2 - span / 2).round().astype(int)
    left = int(np.clip(left, 0, width - span))
    top = int(np.clip(top, 0, height - span))
    crop = portrait.photo[top : top + span, left : left + span]
    smooth = cv2.INTER_AREA if span > side else cv2.INTER_CUBIC
    return cv2.resize(crop, (side, side), interpolation=smooth)
