"""Segment one person among several (BlazePose)."""

from collections.abc import Sequence

import cv2
import numpy as np

from likeness_model.vision.records import Face, Floats, Image, Mesh
from likeness_model.vision.sessions import run

INPUT = 256
# The network expects a square around a whole body. A portrait shows no hips, so the square is
# placed by the face: its side, and its centre below the face's, in face heights. Seen on 28
# people, most beside others: six finds hair best, eight tells people apart best.
BODIES = ((6.0, 2.0), (8.0, 3.0))
BROW, CHIN = 10, 152
FOUND = 0.6  # mean of a mask over the face, below which it is another person's
DOUBT = 0.15  # of the mask beside other people, whose arms have about 0.4 in it


def mask_of(photo: Image, mesh: Mesh, to_picture: np.ndarray, side: int) -> Floats | None:
    """(side, side), 0..1: the mesh's person without other people, with an edge of a few pixels.

    `to_picture` (2, 3) maps the photo to the picture. None if the network segments another person.
    """
    oval = cv2.transform(mesh.plane[None], to_picture)[0]
    shown = np.zeros((side, side), np.uint8)
    cv2.fillConvexPoly(shown, cv2.convexHull(np.rint(oval).astype(np.int32)), 1)
    own = []
    for body in BODIES:
        to_input = _square_around(mesh, *body)
        from_input = to_picture[:, :2] @ cv2.invertAffineTransform(to_input)
        from_input[:, 2] += to_picture[:, 2]
        mask = cv2.warpAffine(_mask(photo, mesh.others, to_input), from_input, (side, side))
        if cv2.mean(mask, shown)[0] > FOUND:
            own.append(mask)
    if not own:
        return None
    mean = np.mean(own, axis=0, dtype=np.float32)
    return np.clip(mean - DOUBT, 0, 1) if mesh.others else mean


def _square_around(mesh: Mesh, sides: float, lower: float) -> np.ndarray:
    """Photo to network input, (2, 3)."""
    brow, chin = mesh.plane[BROW].astype(float), mesh.plane[CHIN].astype(float)
    tall = float(np.linalg.norm(chin - brow))
    scale = INPUT / (sides * tall)
    corner = INPUT / 2 - scale * ((brow + chin) / 2 + (0, lower * tall))
    return np.array([[scale, 0, corner[0]], [0, scale, corner[1]]])


def _mask(photo: Image, others: Sequence[Face], to_input: np.ndarray) -> Floats:
    shrink = min(1.0, to_input[0, 0] / 0.8)
    small = cv2.resize(photo, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    for face in others:  # a body whose face is hidden is not segmented
        middle = np.array([face.x + face.width / 2, face.y + face.height / 2]) * shrink
        axes = np.array([face.width, face.height]) * (0.75 * shrink)
        ellipse = (middle.tolist(), (2 * axes).tolist(), 0.0)
        cv2.ellipse(small, ellipse, (0, 0, 0), -1)
    matrix = to_input / (shrink, shrink, 1)
    chip = cv2.warpAffine(small, matrix, (INPUT, INPUT))
    return run("blazepose", chip.astype(np.float32)[None] / 255)[0][0, 0]
