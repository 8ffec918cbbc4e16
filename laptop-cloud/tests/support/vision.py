"""Models for tests: a face is a red block, and its person is the shade of red."""

import numpy as np

from laptop_cloud.rekognition.vision import Floats, Image

MODERATION_MODEL = "test-1"


class Face:
    def __init__(self, x: float, y: float, width: float, height: float) -> None:
        self.x, self.y, self.width, self.height = x, y, width, height
        self.score = 0.99
        ratios = np.array([[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]])
        self.landmarks: Floats = (ratios * [width, height] + [x, y]).astype(np.float32)


class Mesh:
    def __init__(self, face: Face) -> None:
        self.face = face
        grid = np.stack(np.meshgrid(np.linspace(0, 1, 26), np.linspace(0, 1, 18)), -1)
        points = grid.reshape(-1, 2) * [face.width, face.height] + [face.x, face.y]
        self.plane: Floats = points.astype(np.float32)


class Pose:
    yaw, pitch, roll = 10.0, 5.0, 2.0


def find_faces(image: Image) -> list[Face]:
    """Largest first; blocks are side by side."""
    red = (image[..., 0] > 120) & (image[..., 1] < 60) & (image[..., 2] < 60)
    columns = np.flatnonzero(red.any(0))
    if not columns.size:
        return []
    blocks = np.split(columns, np.flatnonzero(np.diff(columns) > 1) + 1)
    faces = []
    for block in blocks:
        rows = np.flatnonzero(red[:, block].any(1))
        x, y = int(block[0]), int(rows[0])
        faces.append(Face(x, y, int(block[-1]) + 1 - x, int(rows[-1]) + 1 - y))
    return sorted(faces, key=lambda face: -face.width * face.height)


def lay_mesh(_image: Image, face: Face) -> Mesh | None:
    """A flat block is a profile, without a mesh."""
    return Mesh(face) if face.width < 2 * face.height else None


def head_pose(_mesh: Mesh) -> Pose:
    return Pose()


def embed_face(image: Image, mesh: Mesh) -> Floats:
    face = mesh.face
    row, column = int(face.y + face.height / 2), int(face.x + face.width / 2)
    return image[row, column].astype(np.float32)


def similarity(one: Floats, other: Floats) -> float:
    return max(0.0, 100.0 - float(np.abs(one - other).sum()))


def age_range(_image: Image, _mesh: Mesh) -> tuple[int, int]:
    return 20, 30


def covered(_image: Image, _mesh: Mesh) -> list[bool | None]:
    return [False]


def smile_confidence(_image: Image, _mesh: Mesh) -> float:
    return 90.0


def moderation_labels(image: Image) -> dict[str, float]:
    """The share of green pixels, percent."""
    return {"Explicit": float((image[..., 1] > image[..., 0].astype(int) + 60).mean() * 100)}
