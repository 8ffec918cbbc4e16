"""Crop and align a face as in the training data of dlib's networks, or of ArcFace's."""

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

# ArcFace's five points, px of a 112 px chip: the eyes' centres, the tip of the nose, the corners of
# the mouth (InsightFace, utils/face_align.py, arcface_dst). Each is the mean of two mesh points.
ARCFACE_SIDE = 112
ARCFACE = np.array(
    [
        [38.2946, 51.6963],
        [73.5318, 51.5014],
        [56.0252, 71.7366],
        [41.5493, 92.3655],
        [70.7299, 92.2041],
    ]
)
ARCFACE_MESH_POINTS = [[33, 133], [362, 263], [1, 1], [61, 61], [291, 291]]


def face_chip(image: Image, mesh: Mesh, *, size: int, padding: float) -> Floats:
    """(1, 3, size, size), RGB 0..255, with eyes and nose where dlib's mean face has them."""
    there = (MEAN_FACE + padding) / (2 * padding + 1) * size
    return _chip(image, mesh.plane[MESH_POINTS], there, size)


def arcface_chip(image: Image, mesh: Mesh) -> Floats:
    """(1, 3, 112, 112), RGB 0..255, with eyes, nose and mouth where ArcFace's template has them."""
    here = mesh.plane[ARCFACE_MESH_POINTS].mean(1)
    return _chip(image, here, ARCFACE, ARCFACE_SIDE)


def _chip(image: Image, here: Floats, there: np.ndarray, size: int) -> Floats:
    """The square in which the points `here` of the image are nearest to `there`."""
    matrix = similarity(here.astype(np.float64), there)
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
