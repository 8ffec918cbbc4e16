"""Segment one person among several (BlazePose)."""

from collections.abc import Sequence

import cv2
import numpy as np

from likeness_model.vision.detect import find_faces
from likeness_model.vision.records import Face, Floats, Image, Mesh
from likeness_model.vision.sessions import run

INPUT = 256
# The network expects a square around a whole body. A portrait shows no hips, so the square is
# placed by the face: its side, and its centre below the face's, in face heights. Measured on 28
# people beside others: six finds hair best, eight tells people apart best.
BODIES = ((6.0, 2.0), (8.0, 3.0))
BROW, CHIN, NOSE = 10, 152, 1
FOUND = 0.6  # mean of a mask over the face, below which it is another person's
DOUBT = 0.15  # less trust in the mask beside other people: their limbs have about 0.4


def mask_of(photo: Image, mesh: Mesh, to_picture: np.ndarray, side: int) -> Floats | None:
    """(side, side), 0..1: the mesh's person without anybody else, with an edge of a few pixels.

    `to_picture` (2, 3) maps the photo to the picture. None if the network segments another person.
    """
    others = [face for face in find_faces(photo, side=640) if not _contains(face, mesh)]
    masks = [_mask(photo, mesh, others, body, to_picture, side) for body in BODIES]
    oval = cv2.transform(mesh.plane[None], to_picture)[0]
    face = np.zeros((side, side), np.uint8)
    cv2.fillConvexPoly(face, cv2.convexHull(np.rint(oval).astype(np.int32)), 1)
    own = [mask for mask in masks if cv2.mean(mask, face)[0] > FOUND]
    if not own:
        return None
    mean = np.mean(own, axis=0, dtype=np.float32)
    return np.clip(mean - DOUBT, 0, 1) if others else mean


def _contains(face: Face, mesh: Mesh) -> bool:
    x, y = mesh.plane[NOSE]
    return bool(face.x < x < face.x + face.width and face.y < y < face.y + face.height)


def _mask(
    photo: Image,
    mesh: Mesh,
    others: Sequence[Face],
    body: tuple[float, float],
    to_picture: np.ndarray,
    side: int,
) -> Floats:
    brow, chin = mesh.plane[BROW], mesh.plane[CHIN]
    tall = float(np.linalg.norm(chin - brow))
    scale = INPUT / (body[0] * tall)
    centre = (brow + chin) / 2 + (0, body[1] * tall)
    corner = np.array([INPUT / 2, INPUT / 2]) - scale * centre
    shrink = min(1.0, scale / 0.8)
    small = photo.copy()
    if shrink < 1:
        small = cv2.resize(photo, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    for face in others:  # without a face, the network takes a body for background
        middle = (face.x + face.width / 2, face.y + face.height / 2)
        axes = (0.75 * face.width, 0.75 * face.height)
        cv2.ellipse(
            small,
            [round(shrink * value) for value in middle],
            [round(shrink * value) for value in axes],
            0, 0, 360, (0, 0, 0), -1,
        )  # fmt: skip
    to_input = np.array([[scale, 0, corner[0]], [0, scale, corner[1]]])
    reduced = to_input / np.array([shrink, shrink, 1])
    chip = cv2.warpAffine(small, reduced, (INPUT, INPUT), flags=cv2.INTER_LINEAR)
    mask = run("blazepose", chip.astype(np.float32)[None] / 255)[0][0, 0]
    back = cv2.invertAffineTransform(to_input)
    turn = to_picture[:, :2] @ back
    turn[:, 2] += to_picture[:, 2]
    return cv2.warpAffine(mask, turn, (side, side), flags=cv2.INTER_LINEAR)
