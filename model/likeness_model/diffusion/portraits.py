"""From photos to training examples and reference pictures: square crops around the face."""

import logging
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import repeat

import cv2
import numpy as np

from likeness.domain.ids import PhotoId
from likeness.domain.photos.photo import Box
from likeness_model.diffusion.prompts import templates
from likeness_model.diffusion.quality_gate import Features, read_features
from likeness_model.diffusion.recogniser import BUILT_IN, Recogniser
from likeness_model.errors import PhotosError
from likeness_model.vision.images import decode
from likeness_model.vision.person import NoUsableFace, find_person
from likeness_model.vision.pose import CHIN, FOREHEAD, head_pose, worth
from likeness_model.vision.records import Floats, Image, Mesh
from likeness_model.vision.segment import person_mask

log = logging.getLogger(__name__)

# Side of the crop in heights of the face, brow to chin. The close crop shows hair and ears, the
# wide one the shoulders; training on both keeps the adapter from learning one framing.
CLOSE, WIDE = 1.7, 2.8
ANALYSING_THREADS = min(10, os.cpu_count() or 1)  # the vision models release the lock
UNREADABLE = "it cannot be decoded"
TURNED = 20  # degrees of yaw from which the caption says so
FEW_PHOTOS = 5  # with fewer, mirror images are trained on too, although no face is symmetric

BELOW_CHIN = 0.1, 0.3  # heights of the face: the head's mask ends between them
OUTSIDE = 0.1  # weight of a place outside the head; OneTrainer's default "unmasked weight"
LEAST_AREA = 0.1  # of the picture: smaller clothes or backgrounds are not named

# The basic colour terms (Berlin and Kay 1969), each with a typical value in CIELAB.
COLOURS = {
    "black": (12, 0, 0),
    "grey": (52, 0, 0),
    "white": (94, 0, 0),
    "red": (42, 62, 40),
    "orange": (66, 38, 66),
    "yellow": (86, 2, 78),
    "green": (48, -40, 28),
    "blue": (42, 14, -56),
    "purple": (36, 45, -30),
    "pink": (72, 34, 4),
    "brown": (34, 18, 26),
}


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
    """A square picture, its caption, and the mask of the head, (side, side), 0..1."""

    picture: Image
    caption: str
    head: Floats

    def mirrored(self) -> "TrainingExample":
        flipped = (np.ascontiguousarray(plane[:, ::-1]) for plane in (self.picture, self.head))
        picture, head = flipped
        return TrainingExample(picture, self.caption, head)


def find_portraits(
    photos: Mapping[PhotoId, bytes],
    faces: Mapping[PhotoId, Box | None] | None = None,
    recogniser: Recogniser = BUILT_IN,
) -> list[Portrait]:
    """The usable photos, best first; each is decoded and measured once. `faces` are the boxes of
    the faces to draw.

    Raises PhotosError if no file can be decoded.
    """
    with ThreadPoolExecutor(ANALYSING_THREADS) as threads:
        boxes = [(faces or {}).get(photo_id) for photo_id in photos]
        found = threads.map(_portrait, photos, photos.values(), boxes, repeat(recogniser))
        analysed = dict(zip(photos, found, strict=True))
    for photo_id, portrait in analysed.items():
        if isinstance(portrait, str):
            log.warning("photo %s: left out, %s", photo_id, portrait)
    if all(portrait == UNREADABLE for portrait in analysed.values()):
        raise PhotosError("no photo can be decoded")
    portraits = [each for each in analysed.values() if isinstance(each, Portrait)]
    return sorted(portraits, key=lambda each: (-each.worth, each.photo_id))


def _portrait(
    photo_id: PhotoId, encoded: bytes, face: Box | None, recogniser: Recogniser
) -> Portrait | str:
    """Or why the photo is left out."""
    photo = decode(encoded)
    if photo is None:
        return UNREADABLE
    try:
        mesh = find_person(photo, face)
    except NoUsableFace:
        return "it shows no usable face"
    features = read_features(photo, mesh, recogniser)
    return Portrait(photo_id, photo, mesh, features, worth(mesh))


def training_examples(portraits: Sequence[Portrait], side: int) -> list[TrainingExample]:
    """Two crops of each photo and, if there are few photos, their mirror images.

    A caption names what is not the person: framing, pose, clothes and background. Otherwise the
    adapter takes these for the person. It never describes the face.
    """
    examples = []
    for portrait in portraits:
        turned = ", turned to the side" if abs(head_pose(portrait.mesh).yaw) >= TURNED else ""
        for factor, words in ((CLOSE, "close-up"), (WIDE, "head and shoulders")):
            picture, points = face_crop(portrait, factor, side)
            person = person_mask(picture)
            head = person * _above_chin(points, side)
            seen = _surroundings(picture, person, head)
            caption = f"photo of {templates().token}, {words}{turned}{seen}"
            examples.append(TrainingExample(picture, caption, head))
    if len(portraits) < FEW_PHOTOS:
        examples += [example.mirrored() for example in examples]
    return examples


def loss_weights(examples: Sequence[TrainingExample]) -> Floats:
    """(N, side, side) with mean 1 for each example: the head counts ten times as much as the rest.
    A few photos show the same clothes and rooms, which must not become part of the person."""
    weights = np.stack([OUTSIDE + (1 - OUTSIDE) * example.head for example in examples])
    return weights / weights.mean((1, 2), keepdims=True)


def references(portraits: Sequence[Portrait], count: int, side: int) -> list[Image]:
    """A close crop of each of the best photos, at most `count`."""
    return [face_crop(portrait, CLOSE, side)[0] for portrait in portraits[:count]]


def face_crop(portrait: Portrait, factor: float, side: int) -> tuple[Image, Floats]:
    """(side, side, 3) around the face, moved, then narrowed, where the photo ends; and the mesh's
    points in it, (468, 2)."""
    height, width = portrait.photo.shape[:2]
    low, high = portrait.mesh.plane.min(0), portrait.mesh.plane.max(0)
    span = int(min(factor * (high[1] - low[1]), height, width))
    left, top = ((low + high) / 2 - span / 2).round().astype(int)
    left = int(np.clip(left, 0, width - span))
    top = int(np.clip(top, 0, height - span))
    crop = portrait.photo[top : top + span, left : left + span]
    smooth = cv2.INTER_AREA if span > side else cv2.INTER_CUBIC
    points = (portrait.mesh.plane - (left, top)) * (side / span)
    return cv2.resize(crop, (side, side), interpolation=smooth), points.astype(np.float32)


def _above_chin(points: Floats, side: int) -> Floats:
    """(side, side): 1 down to the chin, 0 a little below it, along the axis of the face."""
    axis = points[CHIN] - points[FOREHEAD]
    rows, columns = np.mgrid[:side, :side].astype(np.float32)
    along = ((columns - points[CHIN, 0]) * axis[0] + (rows - points[CHIN, 1]) * axis[1]) / (
        axis @ axis
    )
    near, far = BELOW_CHIN
    return ((far - along) / (far - near)).clip(0, 1)


def _surroundings(picture: Image, person: Floats, head: Floats) -> str:
    """The colours of clothes and background, for the caption: ", in blue clothes, ..."."""
    lab = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)
    named = ""
    for mask, words in ((person - head, "in {} clothes"), (1 - person, "{} background")):
        pixels = lab[mask > 0.9]
        if len(pixels) >= LEAST_AREA * mask.size:
            median = np.median(pixels, axis=0)
            colour = min(COLOURS, key=lambda name: float(np.linalg.norm(median - COLOURS[name])))
            named += ", " + words.format(colour)
    return named
