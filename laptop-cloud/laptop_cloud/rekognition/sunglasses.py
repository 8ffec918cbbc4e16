"""Detects dark glasses by the light around the eyes."""

from typing import Any

import cv2
import numpy as np

from laptop_cloud.rekognition.landmarks import LEFT_EYE_RING, RIGHT_EYE_RING
from laptop_cloud.rekognition.vision import Floats, Image, Mesh

# Mesh indices: a ring outside the lids, which glasses cover; the lids; the cheek.
_SIDES = (
    (
        [113, 225, 224, 223, 222, 221, 189, 244, 233, 232, 231, 230, 229, 228, 31],
        LEFT_EYE_RING,
        [50, 101, 36, 205, 187, 147, 123],
    ),
    (
        [342, 445, 444, 443, 442, 441, 413, 464, 453, 452, 451, 450, 449, 448, 261],
        RIGHT_EYE_RING,
        [280, 330, 266, 425, 411, 376, 352],
    ),
)
EVEN_CHANCE = 0.58
SLOPE = 0.05
EYE_IS_SEEN_BELOW = 0.85
FLAT, CLEAR = 0.5, 0.95
GREY, BROWN = -0.1, 0.2
NOISE = 3.0  # of 255
SHADED = 90.0  # percent, for dark sockets in which the eyes are seen


def sunglasses(image: Image, mesh: Mesh) -> dict[str, Any] | None:
    """Value and Confidence; None if it is unknown, as with mirrored lenses.

    The first measure is the light of the skin around the eye relative to the cheek, on the lighter
    side. On 13 portraits of three people: bare 0.71 to 1.06; with lenses drawn on at 80 to 100 %
    opacity 0.11 to 0.35, at 60 % 0.37 to 0.54, at 35 % 0.51 to 0.75. Confidence is logistic in it,
    with 50 % at 0.58: bare faces have at most 8 %, lenses of 80 % and more at least 98 %.

    Deep-set eyes lit from above, and dark make-up, are as dark. A lens differs from them: it takes
    the contrast of the eye (logarithm of its 92nd to its 8th percentile) or the hue of the skin
    (logarithm of red to blue, less the cheek's). On 72 bare faces in 38 photos the contrast is 0.54
    to 3.3, with sockets darkened to 20 % of the light 0.49 to 2.5; under drawn lenses of 80 % it is
    0.2 to 1.05, of 95 % at most 0.25, under real sunglasses 0.45. With both measures no bare face,
    at most 4 % of the darkened sockets and 82 to 100 % of the lenses from 80 % on are sunglasses.

    Light skin around an eye counts only if the eye itself is darker (bare 0.38 to 0.67 of the skin
    around it): a mirrored lens is light and even, and so are closed eyes.
    """
    around, eyes, contrast, hue = lights(image, mesh)
    dark = 1 / (1 + np.exp((around.max() - EVEN_CHANCE) / SLOPE))
    if dark >= 0.5:
        tinted = hue.max() < GREY or hue.min() > BROWN
        if contrast.max() < FLAT or (tinted and contrast.max() < CLEAR):
            return {"Value": True, "Confidence": float(100 * dark)}
        return {"Value": False, "Confidence": SHADED} if contrast.max() >= CLEAR else None
    if (eyes / around).min() < EYE_IS_SEEN_BELOW:
        return {"Value": False, "Confidence": float(100 * (1 - dark))}
    return None


def lights(image: Image, mesh: Mesh) -> np.ndarray:
    """(4, 2), for each eye: the light of the skin around it and of the eye, relative to the cheek,
    the contrast in the eye, and the hue of the skin around it less the cheek's."""
    return np.array([_light(image, mesh, *side) for side in _SIDES]).T


def _light(
    image: Image, mesh: Mesh, outer: list[int], inner: list[int], cheek: list[int]
) -> tuple[float, float, float, float]:
    points = mesh.plane[outer + inner + cheek]
    low = np.clip(points.min(0), 0, None).astype(int)
    high = np.ceil(points.max(0)).astype(int) + 1
    crop = image[low[1] : high[1], low[0] : high[0]]
    if min(crop.shape[:2]) < 2:
        return 1.0, 1.0, 1.0, 0.0
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    ring, eye, skin = (
        _inside(grey.shape, mesh.plane[part] - low) for part in (outer, inner, cheek)
    )
    if not skin.any():  # the cheek is outside the picture
        return 1.0, 1.0, 1.0, 0.0
    reference = max(_median(grey[skin]), 1.0)
    around = ring & ~eye
    dark, light = np.percentile(grey[eye], [8, 92]) if eye.any() else (1.0, 1.0)
    return (
        _median(grey[around]) / reference,
        _median(grey[eye]) / reference,
        float(np.log((light + NOISE) / (dark + NOISE))),
        _hue(crop[around]) - _hue(crop[skin]),
    )


def _hue(pixels: np.ndarray) -> float:
    """A darker light does not change it, except for noise."""
    if not len(pixels):
        return 0.0
    red, _, blue = np.median(pixels, 0)
    return float(np.log((red + 2 * NOISE) / (blue + 2 * NOISE)))


def _median(values: np.ndarray) -> float:
    return float(np.median(values)) if values.size else 0.0


def _inside(shape: tuple[int, ...], points: Floats) -> np.ndarray:
    mask = np.zeros(shape, np.uint8)
    cv2.fillConvexPoly(mask, cv2.convexHull(points.astype(np.int32)), 1)
    return mask.astype(bool)
