"""Would a user take two avatars of one style for the same picture?"""

import cv2
import numpy as np

from likeness_model.painter.scene import Look
from likeness_model.painter.subject import MAX_ZOOM, scene_to_store
from likeness_model.vision.records import Floats, Image

SIDE = 48
TWINS_BELOW = 6.0


def fingerprint(picture: Image, look: Look) -> Floats:
    """The picture as it would be without this look's zoom, shift and mirror, small, in CIE Lab.

    (SIDE, SIDE, 3) float32. Framing alone makes no new picture. Only the middle that every
    framing shows is kept.
    """
    window = SIDE * 2
    matrix = scene_to_store(look, picture.shape[0], round(window * MAX_ZOOM))
    soft = cv2.GaussianBlur(picture, (0, 0), picture.shape[0] / window)
    margin = (round(window * MAX_ZOOM) - window) // 2
    matrix = matrix - np.array([[0, 0, margin], [0, 0, margin]], np.float64)
    middle = cv2.warpAffine(soft, matrix, (window, window), borderMode=cv2.BORDER_REPLICATE)
    small = cv2.resize(middle, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)


def picture_distance(one: Floats, other: Floats) -> float:
    """Mean colour difference (CIE76) of the two pictures, or of one and the other's mirror image,
    whichever is less."""
    straight = np.linalg.norm(one - other, axis=2).mean()
    mirrored = np.linalg.norm(one - other[:, ::-1], axis=2).mean()
    return float(min(straight, mirrored))
