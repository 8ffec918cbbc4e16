"""Detects a covered mouth by the colour of the lower face: a mask, a scarf, a cup."""

from typing import Any

import cv2
import numpy as np

from laptop_cloud.rekognition.vision import Floats, Image, Mesh

# Mesh indices: skin that a mask leaves bare; around the mouth; the lips without the open mouth.
_BARE = (
    [107, 66, 105, 104, 103, 67, 109, 10, 338, 297, 332, 333, 334, 296, 336, 9],  # the forehead
    [193, 168, 417, 351, 6, 122],  # between the eyes
)
_MOUTH = [205, 187, 147, 213, 192, 214, 210, 211, 32, 208, 199, 428, 262, 431, 430, 434, 416, 433]
_MOUTH += [376, 411, 425, 327, 2, 98]
_LIPS = [61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185]
_INNER = [78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95]
FACE_PX = 160  # faces are compared at this height
LEAST_PX = 12  # of a region, for its colour
EVEN_CHANCE = 12.0
SLOPE = 1.0
LIPS_ARE_SEEN_FROM = 2.5


def face_occluded(image: Image, mesh: Mesh) -> dict[str, Any] | None:
    """Value and Confidence; None if it is unknown.

    A mouth is covered if its surroundings have another colour than bare skin and no lips are seen
    in them. On 13 portraits of three people the colours differ by 0.8 to 6.2, with a drawn blue,
    white or black mask by 15.8 to 51.5. Confidence is logistic in it, with 50 % at 12: bare faces
    have at most 1 %, masks at least 97 %. Lips differ from their surroundings by 3.3 to 10.6; under
    a drawn mask they do not.

    Unknown: a dense beard, a photo without colour or much too dark, a face cut by the picture's
    edge, and whatever covers the mouth in the colour of skin, such as a hand.
    """
    found = colours(image, mesh)
    if found is None:
        return None
    skin, lips = found
    covered = float(1 / (1 + np.exp((EVEN_CHANCE - skin) / SLOPE)))
    hidden = lips < LIPS_ARE_SEEN_FROM
    if hidden != (covered >= 0.5):
        return None
    return {"Value": hidden, "Confidence": 100 * max(covered, 1 - covered)}


def colours(image: Image, mesh: Mesh) -> tuple[float, float] | None:
    """How far the colour around the mouth is from that of bare skin, and from that of the lips.

    Distances in the plane of CIELAB's a and b, so light and shadow do not count. None if a region
    is not in the picture.
    """
    low, high = mesh.plane.min(0), mesh.plane.max(0)
    limit = [image.shape[1], image.shape[0]]
    left, top = np.clip(low, 0, limit).astype(int)
    right, bottom = np.clip(np.ceil(high), 0, limit).astype(int)
    scale = FACE_PX / float(high[1] - low[1])
    size = [round((right - left) * scale), round((bottom - top) * scale)]
    if min(size) < 1:
        return None
    crop = cv2.resize(image[top:bottom, left:right], size, interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(crop.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    points = (mesh.plane - [left, top]) * scale
    lips = _inside(size, points[_LIPS]) & ~_inside(size, points[_INNER])
    mouth = cv2.dilate(_inside(size, points[_LIPS]).astype(np.uint8), np.ones((5, 5))).astype(bool)
    around = _inside(size, cv2.convexHull(points[_MOUTH].astype(np.float32))) & ~mouth
    bare = [_inside(size, cv2.convexHull(points[part].astype(np.float32))) for part in _BARE]
    if min(region.sum() for region in (lips, around, *bare)) < LEAST_PX:
        return None
    here = _colour(lab, around)
    return (
        min(float(np.hypot(*(here - _colour(lab, region)))) for region in bare),
        float(np.hypot(*(here - _colour(lab, lips)))),
    )


def _colour(lab: np.ndarray, region: np.ndarray) -> Floats:
    found: Floats = np.median(lab[region][:, 1:], 0)
    return found


def _inside(size: list[int], points: np.ndarray) -> np.ndarray:
    mask = np.zeros((size[1], size[0]), np.uint8)
    cv2.fillPoly(mask, [points.astype(np.int32)], 1)
    return mask.astype(bool)
