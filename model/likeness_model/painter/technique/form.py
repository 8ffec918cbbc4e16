"""The sitter as a relief: depth for strokes around cheek, neck and shoulder."""

import cv2
import numpy as np

from likeness_model.painter.technique.planes import Plane, blur, resized

CELLS = 64  # the face mesh has about one point in each cell of such a grid


def inflated(alpha: Plane) -> Plane:
    """A silhouette blown up like a balloon: depth in pixels, 0 at the rim (after Igarashi 1999)."""
    side, small = alpha.shape[0], resized(alpha, CELLS)
    relief = np.zeros_like(small)
    for part in (5, 10, 20):
        soft = cv2.GaussianBlur(small, (0, 0), CELLS / part)
        relief += soft * (0.35 * side / part)
    return resized(relief, side)


def opened(tone: Plane, face: Plane, figure: Plane, *, of_face: float, darkest: float) -> Plane:
    """Stretch lightness so that the figure's darkest is 0 and the face's lights are nearly 1.

    `of_face` (0..1) is how much the face's own lights define white: below 1, dark skin stays darker
    than pale skin. `darkest` is the share of the figure that turns black.
    """
    lights = tone[face > 0.5]
    bright = float(np.quantile(lights, 0.96)) if lights.size else 1.0
    light = of_face * bright + (1 - of_face) * 0.95
    shadows = tone[figure > 0.5]
    dark = float(np.quantile(shadows, darkest)) if shadows.size else 0.0
    stretched = (tone - dark) * (1 / max(light - dark, 0.25))
    return np.clip(stretched, 0, 1)


def modelled(tone: Plane, mask: Plane, amount: float) -> Plane:
    """Tone with stronger broad modelling: contrast against the surroundings, in `mask`.

    This preserves the lights of a backlit face. The surroundings are averaged inside the mask only,
    so there is no halo along the silhouette.
    """
    side = tone.shape[0]
    around = blur(tone * mask, side / 13) / (blur(mask, side / 13) + 1e-3)
    return np.clip(tone + amount * (tone - around), 0, 1)


def bare_skin(face: Plane, skin: Plane, hair: Plane) -> Plane:
    """Bare skin as closed areas, 0..1: without highlights on the hair, with those on the skin."""
    side = face.shape[0]
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side // 24 | 1,) * 2)
    areas = cv2.morphologyEx(skin * (1 - hair), cv2.MORPH_OPEN, disc)
    closed = cv2.morphologyEx(np.maximum(face, areas), cv2.MORPH_CLOSE, disc)
    return blur(closed, side / 200)
