"""Crop and align a face as in the training data of dlib's networks."""

import cv2
import numpy as np

from likeness_model.vision.records import Floats, Image, Mesh

# dlib's five-point mean face, and the closest mesh points.
MEAN_FACE = np.array(
    [
        [0.8595674595992, 0.2134981538014],
        [0.6460604764104, 0.2289674387677],
        [0.1205750620789, 0.2137274526848],
        [0.3340850613712, 0.2290642403242],
        [0.4901123135679, 0.6277975316475],
    ]
)
MESH_POINTS = [263, 362, 33, 133, 2]


def face_chip(image: Image, mesh: Mesh, *, size: int, padding: float) -> Floats:
    """(1, 3, size, size), RGB 0..255, with eyes and nose where dlib's mean face has them."""
    here = mesh.plane[MESH_POINTS].astype(np.float64)
    there = (MEAN_FACE + padding) / (2 * padding + 1) * size
    matrix = similarity(here, there)
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    if scale < 0.5:  # noqa: PLR2004 - a bilinear warp below half size aliases
        shrink = 2 * scale
        image = cv2.resize(image, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
        matrix[:, :2] /= shrink
    chip = cv2.warpAffine(image, matrix, (size, size))
    return chip.astype(np.float32).transpose(2, 0, 1)[None]


def similarity(here: np.ndarray, there: np.ndarray) -> np.ndarray:
    """The 2x3 least-squares similarity transform from `here` to `there` (Umeyama 1991)."""
    here_mean, there_mean = here.mean(0), there.mean(0)
    a, b = here - here_mean, there - there_mean
    u, stretch, vt = np.linalg.svd(b.T @ a / len(here))
    no_mirror = np.diag([1.0, np.sign(np.linalg.det(u @ vt))])
    turn = u @ no_mirror @ vt
    scale = np.trace(np.diag(stretch) @ no_mirror) / a.var(0).sum()
    return np.hstack([scale * turn, (there_mean - scale * turn @ here_mean)[:, None]])
