"""Watercolour pigment on paper: density, wet edges, granulation, blooms."""

import cv2
import numpy as np

from likeness_model.painter.technique.noise import value_noise, warp
from likeness_model.painter.technique.planes import Plane, blur, dimmed, smoothstep


def with_density(colour: Plane, density: Plane) -> Plane:
    """Colour (S, S, 3), 0..1, of a wash with `density` times its pigment (1 leaves it unchanged).

    Bousseau et al. 2006, "Interactive watercolor rendering", eq. 1: C' = C - (C - C^2)(d - 1),
    the Kubelka-Munk model of a thin layer to second order: white stays white.
    """
    more = dimmed(colour, density - 1)
    cv2.multiply(more, 1 - colour, dst=more)
    return cv2.subtract(colour, more, dst=more)


def wet_edge(cover: Plane, width: float) -> Plane:
    """Pigment that moved to the rim of a wash while it dried, 0 to about 1.

    `cover` is 0..1 or any tone that rises with the amount of paint; the excess over its own blur
    is positive just inside the rim (Curtis et al. 1997, edge darkening; here as an unsharp mask).
    """
    return np.clip(cover - blur(cover, width), 0, 1) * 2


def torn(mask: Plane, rng: np.random.Generator, reach: float, cells: float = 14) -> Plane:
    """`mask` with its outline moved by up to `reach` pixels of slow noise."""
    side = mask.shape[0]
    dx = value_noise(rng, side, cells, octaves=3) * reach
    dy = value_noise(rng, side, cells, octaves=3) * reach
    return warp(mask, dx, dy)


def bloom(rng: np.random.Generator, size: int, count: int) -> Plane:
    """Backruns: where a drop fell into a drying wash. Negative inside, a dark ragged rim.

    Result about -1..1, 0 away from the blooms; added to a density.
    """
    total = np.zeros((size, size), np.float32)
    ragged = value_noise(rng, size, 18, octaves=4) * 0.35
    steps = np.linspace(0, 1, size, dtype=np.float32)
    for _ in range(count):
        x, y = rng.random(2)
        radius = rng.uniform(0.05, 0.15)
        away = np.sqrt(
            (steps[None, :] - np.float32(x)) ** 2 + (steps[:, None] - np.float32(y)) ** 2
        )
        away = away / radius + ragged
        rim = np.exp(-np.abs(away - 1) * 9) * (away > 0.9)
        total += 0.8 * rim - 0.55 * smoothstep(1.0, 0.55, away)
    return total


def splatter(rng: np.random.Generator, size: int, count: int, *, free: Plane) -> Plane:
    """Spatter, 0..1, only where `free` (0..1, any size) is high."""
    cover = np.zeros((size, size), np.uint8)
    side = free.shape[0]
    centres = rng.random((count, 2))
    radii = np.clip(rng.pareto(2.2, count) * 0.0022 + 0.0022, 0, 0.016)
    for (x, y), radius in zip(centres, radii, strict=True):
        if free[int(y * side), int(x * side)] > 0.6:
            centre = (round(x * size * 16), round(y * size * 16))
            cv2.circle(cover, centre, round(radius * size * 16), 255, -1, cv2.LINE_AA, 4)
    return cover.astype(np.float32) * (1 / 255)
