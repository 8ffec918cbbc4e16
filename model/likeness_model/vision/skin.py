"""Measure the tone of a face's skin."""

import cv2
import numpy as np

from likeness_model.vision.records import Floats, Image

# Mesh points around each cheek, away from eye, nose, mouth and beard line.
CHEEKS = ((50, 101, 118, 117, 123, 187, 205, 36), (280, 330, 347, 346, 352, 411, 425, 266))


def cheeks(points: Floats, shape: tuple[int, ...]) -> Image:
    """A mask of the mesh's cheeks, 0 or 1."""
    mask = np.zeros(shape[:2], np.uint8)
    for cheek in CHEEKS:
        outline = np.round(points[list(cheek), :2]).astype(np.int32)
        cv2.fillConvexPoly(mask, cv2.convexHull(outline), 1)
    return mask


def skin_tone(picture: Image, points: Floats) -> float:
    """Individual typology angle (ITA) of the cheeks in degrees: atan((L* - 50) / b*), from about
    -60, very dark, to about 80, very light (Chardon, Cretois and Hourseau 1991)."""
    pixels = picture[cheeks(points, picture.shape) > 0]
    if len(pixels) == 0:  # the face is outside the picture
        return float("nan")
    lab = cv2.cvtColor(pixels[None].astype(np.float32) / 255, cv2.COLOR_RGB2Lab)[0]
    lightness, _, yellow = np.median(lab, axis=0)
    return float(np.degrees(np.arctan2(lightness - 50, max(yellow, 1e-3))))
