"""Is a photo usable: one clear face, and not a copy of one that is there already?"""

from collections.abc import Iterable, Iterator, Sequence

from pydantic import Field

from likeness.domain.photos.face import DetectedFace
from likeness.domain.photos.photo import Fingerprint, PhotoProblem
from likeness.domain.reasons import Reason
from likeness.domain.record import Record

# Bits of 64. On the demo photos (tests/bench/photo_copies.py) copies differ from their original
# in at most 10, and different views of one photograph in as few as 8.
NEAR_HASHES = 20


class PhotoRules(Record):
    """When is a face clear enough to draw from? In the units of Rekognition's DetectFaces.

    What a detector does not tell is not held against the photo: this is about quality. Whatever
    is about safety is judged by moderation, where not knowing means that a human looks.
    """

    face_confidence: float = Field(ge=0, le=100, description="below it, no face was found")
    second_face_share: float = Field(
        gt=0, lt=1, description="of the largest face's area: smaller ones are background"
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


def clear_faces(seen: Iterable[DetectedFace], rules: PhotoRules) -> list[DetectedFace]:
    """What counts as a face, largest first."""
    sure = (face for face in seen if face.confidence >= rules.face_confidence)
    return sorted(sure, key=lambda face: face.box.area, reverse=True)


def check_faces(
    faces: Sequence[DetectedFace], *, height: int, rules: PhotoRules
) -> PhotoProblem | None:
    """The first thing that the user should mend, or None. The height is the photo's, in px."""
    if not faces:
        return PhotoProblem(reason=Reason.SUBJECT_NO_FACE)
    main, *others = faces
    for other in others:
        if other.box.area >= main.box.area * rules.second_face_share:
            return PhotoProblem(reason=Reason.SUBJECT_SEVERAL_FACES, box=other.box)
    reason = next(_flaws(main, main.box.height * height, rules), None)
    return PhotoProblem(reason=reason, box=main.box) if reason else None


def _flaws(face: DetectedFace, face_px: float, rules: PhotoRules) -> Iterator[Reason]:
    """In the order in which they explain each other: a dark face looks blurred, too."""
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
    """Is a closer look worth while? The hashes alone cannot tell a copy from a like view."""
    differing = int(one.perceptual, 16) ^ int(other.perceptual, 16)
    return differing.bit_count() <= NEAR_HASHES
