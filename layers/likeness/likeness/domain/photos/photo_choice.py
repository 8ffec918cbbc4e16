"""Weighs photos by what people like in an avatar: the better photos get more avatars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from likeness.domain.jobs.job import MIN_PHOTOS
from likeness.domain.record import Record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from likeness.domain.photos.photo import DetectedFace, Photo

FLAWED = 0.1  # weight of a flawed photo that is needed


class ChoiceRules(Record):
    """What makes a photo better than another. Confidences in percent, of DetectFaces.

    A value that the detector does not report is no flaw.
    """

    eyes_open: float = Field(ge=0, le=100, description="below it, an eye is closed")
    mouth_open: float = Field(ge=0, le=100, description="from it, the mouth is open")
    smile: float = Field(ge=0, le=100, description="from it, an open mouth laughs")
    occluded: float = Field(ge=0, le=100, description="from it, something is before the face")
    turned: float = Field(gt=0, le=180, description="degrees of yaw or pitch that halve the weight")
    sharp: float = Field(gt=0, le=100, description="sharpness from which more adds nothing")


def weigh(face: DetectedFace, rules: ChoiceRules) -> float:
    """Returns a weight of 0 to 1: 1 for a sharp face that looks into the camera, 0 for a flaw."""
    if _is_flawed(face, rules):
        return 0.0
    turned = max(abs(face.yaw or 0), abs(face.pitch or 0)) / rules.turned
    sharp = 1.0 if face.sharpness is None else min(1.0, face.sharpness / rules.sharp)
    return round(sharp / (1 + turned**2), 3)


def weights(photos: Sequence[Photo]) -> list[float]:
    """Returns each photo's share of the avatars, relative to the others.

    A flawed photo has 0, which engines use only if no other photo is usable. If fewer photos than a
    job needs have no flaw, flawed ones get avatars too: of one photo too many look the same.
    """
    found = [1.0 if photo.weight is None else photo.weight for photo in photos]
    enough = sum(weight > 0 for weight in found) >= MIN_PHOTOS
    return found if enough else [weight or FLAWED for weight in found]


def _is_flawed(face: DetectedFace, rules: ChoiceRules) -> bool:
    """Closed eyes, an open mouth that does not laugh (a grimace, a tongue), or a covered face."""
    closed = face.eyes_open is not None and face.eyes_open < rules.eyes_open
    laughs = face.smile is not None and face.smile >= rules.smile
    grimace = face.mouth_open is not None and face.mouth_open >= rules.mouth_open and not laughs
    covered = face.occluded is not None and face.occluded >= rules.occluded
    return closed or grimace or covered
