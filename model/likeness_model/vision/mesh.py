"""Fit the 468-point mesh to a face."""

import cv2
import numpy as np

from likeness_model.vision.records import Face, Image, Mesh
from likeness_model.vision.sessions import run

INPUT = 192
# Measured: correct meshes on 37 of 38 faces had more; the wrong one of a profile had 0.44.
MIN_PRESENCE = 0.9
MARGIN = 1.5  # the network was trained on boxes 1.5 times as large as the face
RIGHT_EYE, LEFT_EYE = 33, 263  # outer corners


def lay_mesh(image: Image, face: Face) -> Mesh | None:
    """The face's mesh, or None if the network's presence score is too low (a profile, half a face).

    Two passes: the first finds the head's rotation, the second runs on the upright head.
    """
    right, left = face.landmarks[0], face.landmarks[1]
    angle = float(np.arctan2(left[1] - right[1], left[0] - right[0]))
    centre = np.array([face.x + face.width / 2, face.y + face.height / 2])
    side = max(face.width, face.height) * MARGIN
    points, presence = _pass(image, centre, side, angle)
    points, presence = _pass(image, *_upright_box(points))
    return Mesh(points, presence) if presence >= MIN_PRESENCE else None


def _pass(image: Image, centre: np.ndarray, side: float, angle: float) -> tuple[np.ndarray, float]:
    scale = side / INPUT
    turn = _rotation(angle) * scale
    to_image = np.hstack([turn, (centre - turn @ [INPUT / 2, INPUT / 2])[:, None]])
    chip = cv2.warpAffine(
        image, to_image, (INPUT, INPUT), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    )
    outputs = run("face_landmark", chip.astype(np.float32)[None] / 255)
    raw, flag = max(outputs, key=np.size), min(outputs, key=np.size)
    local = raw.reshape(468, 3)
    points = local * scale
    points[:, :2] = local[:, :2] @ to_image[:, :2].T + to_image[:, 2]
    return points.astype(np.float32), float(1 / (1 + np.exp(-flag.ravel()[0])))


def _upright_box(points: np.ndarray) -> tuple[np.ndarray, float, float]:
    across = points[LEFT_EYE, :2] - points[RIGHT_EYE, :2]
    angle = float(np.arctan2(across[1], across[0]))
    turn = _rotation(angle)
    level = points[:, :2] @ turn
    centre = turn @ ((level.min(0) + level.max(0)) / 2)
    return centre, float(np.ptp(level, 0).max() * MARGIN), angle


def _rotation(angle: float) -> np.ndarray:
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
