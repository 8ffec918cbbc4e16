"""Seeded noise that looks the same at every picture size."""

import cv2
import numpy as np

from likeness_model.painter.technique.planes import Plane


def value_noise(
    rng: np.random.Generator, size: int, cells: float, *, octaves: int = 1, stretch: float = 1.0
) -> Plane:
    """Smooth noise of about -1..1, `cells` bumps across the picture.

    Each octave doubles the cells and halves the height. `stretch` > 1 makes the bumps wider than
    high. The grid is drawn before it is scaled, so the same generator gives the same pattern at
    256 px as at 2048 px; octaves finer than the pixels are drawn and averaged away.
    """
    total = np.zeros((size, size), np.float32)
    weight = 1.0
    power = 0.0
    for octave in range(octaves):
        rows = max(3, round(cells * 2**octave))
        columns = max(3, round(rows / stretch))
        grid = rng.random((rows, columns), np.float32) * 2 - 1
        how = cv2.INTER_AREA if rows > size else cv2.INTER_CUBIC
        layer = cv2.resize(grid, (size, size), interpolation=how)
        cv2.scaleAdd(layer, weight, total, dst=total)
        power += weight * weight
        weight *= 0.5
    total *= np.float32(1.3 / np.sqrt(power))
    return total


def speckle(rng: np.random.Generator, size: int, grain: float = 1.0) -> Plane:
    """Grain of about -1..1 whose specks are `grain`/1024 of the side wide."""
    cells = max(3, round(1024 / grain))
    grid = rng.integers(0, 256, (cells, cells), np.uint8)
    how = cv2.INTER_AREA if cells > size else cv2.INTER_CUBIC
    fine = cv2.resize(grid, (size, size), interpolation=how) * np.float32(2 / 255)
    fine -= 1
    return fine


def warp(x: Plane, dx: Plane, dy: Plane) -> Plane:
    """`x` read `dx`, `dy` pixels away, for wobbly edges and bent grain."""
    side = x.shape[0]
    steps = np.arange(side, dtype=np.float32)
    return cv2.remap(
        x,
        dx + steps[None, :],
        dy + steps[:, None],
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REFLECT_101,
    )
