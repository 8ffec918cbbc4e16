"""The sitter as a relief: depth for strokes that wrap around cheek, neck and shoulder."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from likeness_model.painter.technique.planes import Plane, blur, resized

CELLS = 64  # the face mesh has about one point in each cell of such a grid


def inflated(alpha: Plane) -> Plane:
    """A silhouette blown up like a balloon: depth in pixels, 0 at the rim (after Igarashi 1999)."""
    side = alpha.shape[0]
    return sum(
        (blur(alpha, side / part) * np.float32(0.35 * side / part) for part in (5, 10, 20)),
        start=np.zeros_like(alpha),
    )


def face_relief(mesh: NDArray[np.float32], size: int, scale: float) -> Plane:
    """Depth in pixels of a face mesh (N, 3: x, y in pixels, z away from the eye), 0 outside it.

    `scale` takes the mesh's pixels to those of the result, `size` wide.
    """
    points = np.asarray(mesh, np.float32) * np.float32(scale)
    cells = np.clip((points[:, :2] * (CELLS / size)).astype(np.int32), 0, CELLS - 1)
    height, weight = np.zeros((2, CELLS, CELLS), np.float32)
    near = points[:, 2].max() - points[:, 2]
    np.add.at(height, (cells[:, 1], cells[:, 0]), near)
    np.add.at(weight, (cells[:, 1], cells[:, 0]), 1)
    height, weight = (cv2.GaussianBlur(x, (0, 0), 1.4) for x in (height, weight))
    soft = height / (weight + np.float32(0.05))
    return resized(cv2.GaussianBlur(soft, (0, 0), 1.0), size)


def modelled(tone: Plane, mask: Plane, amount: float) -> Plane:
    """Tone with its broad modelling brought out: contrast against what lies around, in `mask`.

    A backlit face keeps its lights this way. The surroundings are averaged inside the mask only,
    so no halo stands along the silhouette.
    """
    side = tone.shape[0]
    around = blur(tone * mask, side / 13) / (blur(mask, side / 13) + np.float32(1e-3))
    return np.clip(tone + np.float32(amount) * (tone - around), 0, 1)
