"""Tell whether two avatars of one style are nearly the same picture."""

import cv2
import numpy as np

from likeness_model.generation.variation import MAX_ZOOM, Variation, scene_to_store
from likeness_model.vision.records import Floats, Image

SIDE = 48
NEAR_DUPLICATE_BELOW = 5.0  # CIE76


def fingerprint(picture: Image, variation: Variation) -> Floats:
    """The picture without the variation's zoom, shift and mirroring, small, in CIE Lab.

    (SIDE, SIDE, 3) float32. Framing alone does not make a new picture, so only the middle, which
    every framing shows, is compared.
    """
    window = SIDE * 2
    margin = round(window * (MAX_ZOOM - 1) / 2)
    small = cv2.resize(picture, (2 * window, 2 * window), interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(small, (0, 0), 1.5)
    matrix = scene_to_store(variation, soft.shape[0], window + 2 * margin)
    matrix[:, 2] -= margin
    middle = cv2.warpAffine(soft, matrix, (window, window), borderMode=cv2.BORDER_REPLICATE)
    tiny = cv2.resize(middle, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(tiny.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)


def picture_distance(one: Floats, other: Floats) -> float:
    """Mean colour difference (CIE76) of one picture to the other or to the other's mirror image,
    whichever is smaller."""
    straight = np.linalg.norm(one - other, axis=2).mean()
    mirrored = np.linalg.norm(one - other[:, ::-1], axis=2).mean()
    return float(min(straight, mirrored))
