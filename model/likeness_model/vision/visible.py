"""Tell which parts of a face the photo shows: a mask, a phone, a cup or a hand may cover some."""

from enum import StrEnum

import cv2
import numpy as np

from likeness_model.vision.records import Floats, Image, Mesh

FACE_PX = 160  # faces are compared at this height, brow to chin
LEAST_PX = 8  # of a region, for its colour
MEANINGFUL_CHROMA = 5.0  # below it the photo has no colour

# Measured on 73 faces of about 50 people in 38 photos, bare and with masks (photographs of four),
# hands, phones and cups drawn on. Bare lips differ from the skin around them by 2.4 to 48 in
# CIELAB's a and b and by 3.6 to 55 with L, and L spans 17 to 87 in the mouth. With these limits no
# bare mouth is covered, also at a fifth of the light, and 348 of the 352 others with a mesh are:
# masks 180 of 180, cups 71 of 71, phones 58 of 59, hands 39 of 42 (fingers across the mouth).
LIPS_COLOUR, LIPS_SEEN = 2.2, 2.5
LIPS_CONTRAST, LIPS_CONTRAST_SEEN = 4.0, 5.0
OTHER_COLOUR = 12.0
EVEN_IN_OTHER_COLOUR, EVEN = 28.0, 14.0
# From the 10th to the 90th percentile of L, bare eyes span 8 to 78, eyes under a phone 0 to 5 in
# 45 of 51 cases, under dark lenses 2 to 3. A hand over an eye is noticed in 14 of 69.
EVEN_EYE, EYE_SEEN = 6.0, 7.5


class Part(StrEnum):
    MOUTH = "mouth"
    RIGHT_EYE = "right eye"
    LEFT_EYE = "left eye"


_SKIN = (
    [107, 66, 105, 104, 103, 67, 109, 10],  # the forehead
    [336, 296, 334, 333, 332, 297, 338, 10],
    [193, 168, 417, 351, 6, 122],  # between the eyes
)
_AROUND_MOUTH = [205, 187, 147, 213, 192, 214, 210, 211, 32, 208, 199, 428, 262, 431, 430, 434]
_AROUND_MOUTH += [416, 433, 376, 411, 425, 327, 2, 98]
_LIPS = [61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185]
_INNER = [78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95]
_EYES = {
    Part.RIGHT_EYE: [33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7],
    Part.LEFT_EYE: [263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249],
}


def covered_parts(image: Image, mesh: Mesh) -> dict[Part, bool | None]:
    """Whether each part is covered or outside the picture; None: unknown.

    A mouth is covered if its lips are not seen: they have the colour and the light of what is
    around them, or the place is even and has another colour than the forehead. An eye is covered if
    its place is even. A covered place in the colours of a face, such as a hand over an eye, is
    mostly taken for bare.
    """
    beyond = _outside(mesh.plane, image)
    lab, points = _face(image, mesh)
    covered: dict[Part, bool | None] = {Part.MOUTH: _mouth_covered(lab, points)}
    covered |= {part: _eye_covered(lab, points[ring]) for part, ring in _EYES.items()}
    parts = {Part.MOUTH: _LIPS, **_EYES}
    return {part: bool(beyond[parts[part]].any()) or covered[part] for part in covered}


def _mouth_covered(lab: Floats, points: Floats) -> bool | None:
    size = lab.shape[:2]
    whole = _inside(size, points[_LIPS])
    lips = whole & ~_inside(size, points[_INNER])
    around = _inside(size, cv2.convexHull(points[_AROUND_MOUTH]))
    around &= ~cv2.dilate(whole.astype(np.uint8), np.ones((5, 5))).astype(bool)
    bare = [_inside(size, cv2.convexHull(points[part])) for part in _SKIN]
    if min(region.sum() for region in (lips, around, *bare)) < LEAST_PX:
        return None
    here, seen, *skin = (np.median(lab[region], 0) for region in (around, lips, *bare))
    contrast, colour = float(np.linalg.norm(seen - here)), _apart(seen, here)
    other = min(_apart(here, one) for one in skin)
    low, high = np.percentile(lab[whole][:, 0], [2, 98])
    coloured = float(np.hypot(*np.median(skin, 0)[1:])) > MEANINGFUL_CHROMA
    if coloured and colour < LIPS_COLOUR and contrast < LIPS_CONTRAST:
        return True
    if high - low < (EVEN_IN_OTHER_COLOUR if other > OTHER_COLOUR else EVEN):
        return True
    return False if colour >= LIPS_SEEN or contrast >= LIPS_CONTRAST_SEEN else None


def _eye_covered(lab: Floats, ring: Floats) -> bool | None:
    eye = _inside(lab.shape[:2], ring)
    if eye.sum() < LEAST_PX:
        return None
    low, high = np.percentile(lab[eye][:, 0], [10, 90])
    if high - low < EVEN_EYE:
        return True
    return False if high - low >= EYE_SEEN else None


def _face(image: Image, mesh: Mesh) -> tuple[Floats, Floats]:
    """The face in CIELAB, FACE_PX high and in full light, and the mesh's points in it."""
    low, high = mesh.plane.min(0), mesh.plane.max(0)
    limit = [image.shape[1], image.shape[0]]
    left, top = np.clip(low, 0, limit).astype(int)
    right, bottom = np.clip(np.ceil(high), 0, limit).astype(int)
    scale = FACE_PX / float(high[1] - low[1])
    size = [max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale))]
    if right <= left or bottom <= top:
        return np.zeros((1, 1, 3), np.float32), np.zeros_like(mesh.plane)
    crop = cv2.resize(image[top:bottom, left:right], size, interpolation=cv2.INTER_AREA)
    rgb = crop.astype(np.float32) / 255
    light = rgb / max(0.02, float(np.percentile(rgb.max(2), 95)))
    lab = cv2.cvtColor(np.minimum(light, 1), cv2.COLOR_RGB2LAB)
    return lab, ((mesh.plane - [left, top]) * scale).astype(np.float32)


def _outside(points: Floats, image: Image) -> np.ndarray:
    return ((points < 0) | (points > [image.shape[1], image.shape[0]])).any(1)


def _apart(one: Floats, other: Floats) -> float:
    """In the plane of CIELAB's a and b: light and shadow do not count."""
    return float(np.hypot(*(one - other)[1:]))


def _inside(size: tuple[int, ...], points: Floats) -> np.ndarray:
    mask = np.zeros(size, np.uint8)
    cv2.fillPoly(mask, [points.astype(np.int32)], 1)
    return mask.astype(bool)
