"""Move features slightly by the mesh: larger eyes, a finer jaw, fuller lips."""

from dataclasses import dataclass

import cv2
import numpy as np

from likeness_model.painter.regions import LEFT_EYE, LIPS_OUTSIDE, RIGHT_EYE, face_height, indexes
from likeness_model.painter.scene import Scene
from likeness_model.vision.records import Floats

GRID = 96  # side of the field's grid; it has no finer structure
RIGHT_JAW, LEFT_JAW = [132, 58, 172, 136, 150], [361, 288, 397, 365, 379]
RIGHT_WING, LEFT_WING = [129, 49], [358, 279]
CHIN, FOREHEAD = 152, 10


@dataclass(frozen=True)
class Pull:
    """Points around `centre` (px) within about `reach` (px) move: away from the centre by the
    factor `grow`, and all together by `shift` (px)."""

    centre: np.ndarray
    reach: float
    grow: float = 0.0
    shift: tuple[float, float] = (0.0, 0.0)


def refined(scene: Scene, amount: float) -> Scene:
    """The scene with its features refined; `amount` 1 is the whole effect, 0 none."""
    field = displacement(pulls(scene.mesh, amount), scene.size)
    across, down = _map(field, scene.size)
    mesh = scene.mesh.copy()
    columns = np.clip(mesh[:, 0], 0, scene.size - 1).astype(int)
    rows = np.clip(mesh[:, 1], 0, scene.size - 1).astype(int)
    # The field is the source of a pixel: a point moves in the opposite direction.
    mesh[:, 0] -= across[rows, columns] - columns
    mesh[:, 1] -= down[rows, columns] - rows
    return Scene(
        foreground=cv2.remap(
            scene.foreground, across, down, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        ),
        alpha=cv2.remap(
            scene.alpha, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        ),
        mesh=mesh,
        covered=scene.covered,
    )


def pulls(mesh: Floats, amount: float) -> list[Pull]:
    tall = face_height(mesh)
    across = _unit(mesh[263, :2] - mesh[33, :2])
    axis = mesh[[FOREHEAD, CHIN], :2].mean(0)
    moves = [
        Pull(mesh[indexes(ring), :2].mean(0), tall * 0.11, grow=0.075 * amount)
        for ring in (RIGHT_EYE, LEFT_EYE)
    ]
    moves.append(Pull(mesh[indexes(LIPS_OUTSIDE), :2].mean(0), tall * 0.15, grow=0.035 * amount))
    for ring, share, reach in (
        (RIGHT_JAW, 0.014, 0.17),
        (LEFT_JAW, 0.014, 0.17),
        (RIGHT_WING, 0.008, 0.06),
        (LEFT_WING, 0.008, 0.06),
    ):
        middle = mesh[ring, :2].mean(0)
        inward = across * -np.sign((middle - axis) @ across) * tall * share * amount
        moves.append(Pull(middle, tall * reach, shift=(float(inward[0]), float(inward[1]))))
    return moves


def displacement(moves: list[Pull], size: int) -> Floats:
    """(GRID, GRID, 2): how far, in px, the picture moves at each point."""
    steps = (np.arange(GRID, dtype=np.float32) + 0.5) * (size / GRID)
    x, y = np.meshgrid(steps, steps)
    field = np.zeros((GRID, GRID, 2), np.float32)
    for move in moves:
        dx, dy = x - move.centre[0], y - move.centre[1]
        near = np.exp(-(dx**2 + dy**2) / (2 * (move.reach * 0.6) ** 2))
        field[..., 0] += near * (dx * move.grow + move.shift[0])
        field[..., 1] += near * (dy * move.grow + move.shift[1])
    return field


def _map(field: Floats, size: int) -> tuple[Floats, Floats]:
    large = cv2.resize(field, (size, size), interpolation=cv2.INTER_CUBIC)
    steps = np.arange(size, dtype=np.float32)
    return steps[None, :] - large[..., 0], steps[:, None] - large[..., 1]


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)
