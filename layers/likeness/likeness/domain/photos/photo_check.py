"""Checks whether a photo is usable: one clear face, and no copy of another photo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from likeness.domain.photos.photo import DetectedFace, Fingerprint, PhotoProblem
from likeness.domain.photos.photo_choice import ChoiceRules
from likeness.domain.reasons import Reason
from likeness.domain.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# Bits of 64. On the demo photos (tests/bench/photo_copies.py) copies differ from their original
# in at most 10, and different views of one photograph in as few as 8.
NEAR_HASHES = 20


class PhotoRules(Record):
    """When a face is clear enough to draw from. In the units of Rekognition's DetectFaces.

    A value that the detector does not report passes: these rules are about quality. Safety is
    decided by moderation, where an unknown value needs review.
    """

    face_confidence: float = Field(ge=0, le=100, description="percent; below it, no clear face")
    possible_face: float = Field(ge=0, le=100, description="percent; below it, no face at all")
    face_margin: float = Field(
        ge=0,
        le=1,
        description="share of the face's size; a face nearer to the photo's edge is cut off",
    )
    second_face_share: float = Field(
        gt=0, lt=1, description="share of the largest face's area; smaller faces are background"
    )
    min_face_px: int = Field(gt=0, description="height of the face in the normalised photo")
    max_yaw: float = Field(gt=0, le=180, description="degrees to either side")
    max_pitch: float = Field(gt=0, le=180, description="degrees up or down")
    max_roll: float = Field(gt=0, le=180, description="degrees to either side")
    sunglasses: float = Field(ge=0, le=100, description="confidence in percent")
    occluded: float = Field(ge=0, le=100, description="confidence in percent")
    min_brightness: float = Field(ge=0, le=100)
    max_brightness: float = Field(ge=0, le=100)
    min_sharpness: float = Field(ge=0, le=100)
    choice: ChoiceRules


def possible_faces(seen: Iterable[DetectedFace], rules: PhotoRules) -> list[DetectedFace]:
    """Returns what may be a face, largest first. The first one is the main face."""
    possible = (face for face in seen if face.confidence >= rules.possible_face)
    return sorted(possible, key=lambda face: face.box.area, reverse=True)


def check_faces(
    faces: Sequence[DetectedFace], *, height: int, rules: PhotoRules
) -> PhotoProblem | None:
    """Returns the first problem that the user should fix, or None. `height`: of the photo, px.

    The first of `faces` is the user's. If it is not clear, a smaller one may be a stranger in the
    background and never takes its place.
    """
    if not faces:
        return PhotoProblem(reason=Reason.SUBJECT_NO_FACE)
    main, *others = faces
    if main.confidence < rules.face_confidence:
        return PhotoProblem(reason=Reason.SUBJECT_NO_FACE, box=main.box)
    for other in others:
        sure = other.confidence >= rules.face_confidence
        if sure and other.box.area >= main.box.area * rules.second_face_share:
            return PhotoProblem(reason=Reason.SUBJECT_SEVERAL_FACES, box=other.box)
    reason = next(_quality_problems(main, main.box.height * height, rules), None)
    return PhotoProblem(reason=reason, box=main.box) if reason else None


def _quality_problems(face: DetectedFace, face_px: float, rules: PhotoRules) -> Iterator[Reason]:
    """Causes come before their effects: a dark face also looks blurred."""
    if any(
        part and part.margin(face.box) < rules.face_margin for part in (face.box, face.landmarks)
    ):
        yield Reason.QUALITY_FACE_CUT
    if face_px < rules.min_face_px:
        yield Reason.QUALITY_FACE_TOO_SMALL
    turned = ((face.yaw, rules.max_yaw), (face.pitch, rules.max_pitch), (face.roll, rules.max_roll))
    if any(angle is not None and abs(angle) > limit for angle, limit in turned):
        yield Reason.QUALITY_EXTREME_POSE
    if face.sunglasses is not None and face.sunglasses >= rules.sunglasses:
        yield Reason.QUALITY_SUNGLASSES
    if face.occluded is not None and face.occluded >= rules.occluded:
        yield Reason.QUALITY_OCCLUDED
    if face.brightness is not None and face.brightness < rules.min_brightness:
        yield Reason.QUALITY_DARK
    if face.brightness is not None and face.brightness > rules.max_brightness:
        yield Reason.QUALITY_BRIGHT
    if face.sharpness is not None and face.sharpness < rules.min_sharpness:
        yield Reason.QUALITY_BLURRY


def may_be_copies(one: Fingerprint, other: Fingerprint) -> bool:
    """True if the pixels must be compared: hashes cannot tell a copy from a similar view."""
    return one.hamming_distance(other) <= NEAR_HASHES
