"""Flat colour blocks for prints: a few colours, clean borders, uneven ink."""

import cv2
import numpy as np
from numpy.typing import NDArray

from likeness_model.painter.technique.noise import value_noise
from likeness_model.painter.technique.planes import AnyPlane, Picture, Plane, smoothstep

Colours = NDArray[np.float32]  # (n, 3)


def main_colours(samples: Colours, count: int, rounds: int = 8) -> Colours:
    """`count` representative colours from dark to light: Lloyd's k-means, started along lightness.

    The start is fixed, so the same samples give the same colours.
    """
    ordered = samples[np.argsort(samples[:, 0], kind="stable")]
    places = ((np.arange(count) + 0.5) / count * len(ordered)).astype(int)
    centres = ordered[places].copy()
    for _ in range(rounds):
        nearest = ((ordered[:, None] - centres[None]) ** 2).sum(2).argmin(1)
        for index in range(count):
            members = ordered[nearest == index]
            if len(members):
                centres[index] = members.mean(0)
    return centres[np.argsort(centres[:, 0], kind="stable")]


def nearest_block(cost: list[Plane], size: int) -> NDArray[np.uint8]:
    """Index of the cheapest block at each pixel of a `size` px picture.

    Costs are smoothed at a smaller size before they are compared, so borders are clean curves, as
    cut with a knife, at every resolution.
    """
    best = cv2.resize(cost[0], (size, size), interpolation=cv2.INTER_LINEAR)
    index = np.zeros((size, size), np.uint8)
    for number, plane in enumerate(cost[1:], start=1):
        here = cv2.resize(plane, (size, size), interpolation=cv2.INTER_LINEAR)
        nearer = cv2.compare(here, best, cv2.CMP_LT)
        index[nearer > 0] = number
        cv2.min(best, here, best)
    return index


def filled(index: NDArray[np.uint8], colours: Colours, soft: float = 0.7) -> Picture:
    """Blocks in their colours (given as 0..1), borders softened by `soft` pixels."""
    table = np.zeros((1, 256, 3), np.uint8)
    table[0, : len(colours)] = np.round(colours * 255)
    flat = cv2.LUT(cv2.merge([index] * 3), table)
    return cv2.GaussianBlur(flat, (0, 0), soft)


def shifted(x: AnyPlane, dx: float, dy: float) -> AnyPlane:
    """A block printed slightly out of register, by pixels."""
    move = np.array([[1, 0, dx], [0, 1, dy]], np.float32)
    return cv2.warpAffine(x, move, x.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)


def salted(rng: np.random.Generator, size: int, paper: Plane, amount: float) -> Plane:
    """Cover 0..1 of a printed solid: the relief (deviation 1) leaves specks where it is lowest.

    `amount` is the share of the sheet that stays bare, varied by the roller's pressure.
    """
    pressure = value_noise(rng, size, 6, octaves=3) * 0.5
    missed = smoothstep(2.2 - 10 * amount, 3.2 - 10 * amount, -paper - pressure)
    return 1 - 0.85 * missed


def outline(distance: Plane, rng: np.random.Generator, width: float) -> Plane:
    """A line of swelling width along the edge of a shape, from its signed distance in pixels."""
    size = distance.shape[0]
    swell = width / 2 * (1 + 0.65 * value_noise(rng, size, 7, octaves=2))
    half = np.maximum(swell, 0.3)
    return np.clip(half - np.abs(distance) + 0.5, 0, 1)
