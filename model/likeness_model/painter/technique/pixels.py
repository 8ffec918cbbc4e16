"""Pixel art: shrinking that preserves features, fixed palettes, ordered dither, clean clusters."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from likeness_model.painter.technique.planes import Picture, Plane
from likeness_model.painter.technique.tone import Colour

Indexes = NDArray[np.intp]

# Bayer 1973: the order in which a 4 x 4 tile of cells switches to the next tone, as 0..1.
BAYER = (
    np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], np.float32) + 0.5
) / 16


def cell_grid(size: int, cells: int) -> tuple[int, int, int]:
    """(cells a side, pixels a cell, pixels cut off at the left and top) for about `cells`.

    A cell is a whole number of pixels; where they do not divide the picture, the outermost cells
    are cut equally on both sides.
    """
    pixels = max(1, round(size / cells))
    count = -(-size // pixels)
    return count, pixels, (count * pixels - size) // 2


def gathered(picture: Picture, cells: int, detail: float = 0.8) -> Picture:
    """Shrink to `cells` a side and preserve details that differ from their surroundings.

    Weber et al. 2016, "Rapid, Detail-Preserving Image Downscaling": each pixel weighs by its
    distance from the plain average, to the power of `detail`; 0 is the average itself.
    """
    side = (picture.shape[1], picture.shape[0])
    average = cv2.resize(picture, (cells, cells), interpolation=cv2.INTER_AREA)
    smooth = cv2.resize(cv2.blur(average, (3, 3)), side, interpolation=cv2.INTER_LINEAR)
    apart = cv2.absdiff(picture, smooth).max(2).astype(np.float32) / 255
    weight = (apart + 0.02) ** detail
    total = cv2.resize(
        picture.astype(np.float32) * weight[..., None], (cells, cells), interpolation=cv2.INTER_AREA
    )
    weights = cv2.resize(weight, (cells, cells), interpolation=cv2.INTER_AREA)
    return np.asarray(np.clip(total / weights[..., None] + 0.5, 0, 255), np.uint8)


def to_lab(colours: Picture) -> Plane:
    """CIE Lab of RGB colours (..., 3), L* of 0..100."""
    flat = colours.reshape(1, -1, 3).astype(np.float32) / 255
    return cv2.cvtColor(flat, cv2.COLOR_RGB2Lab).reshape(colours.shape)


def nearest(picture: Picture, palette: Picture, *, hue: float = 1.3) -> Indexes:
    """The palette entry nearest to each pixel in Lab, where hue counts `hue` times lightness."""
    weights = np.array([1, hue, hue], np.float32)
    wanted, offered = to_lab(picture) * weights, to_lab(palette) * weights
    return ((wanted[:, :, None] - offered[None, None]) ** 2).sum(3).argmin(2)


def dithered(position: Plane, ramp: Sequence[Colour]) -> Picture:
    """A plane of 0..1 in the colours of a ramp, ordered dither between neighbours."""
    side = position.shape[0]
    tile = np.tile(BAYER, (side // 4 + 1, side // 4 + 1))[:side, :side]
    steps = np.clip(position, 0, 1) * (len(ramp) - 1)
    # Each tone has a clean band: dither only in the middle half between two.
    base = np.floor(steps)
    share = np.clip((steps - base - 0.25) * 2, 0, 1)
    index = (base + (share > tile)).astype(int).clip(0, len(ramp) - 1)
    return np.array(ramp, np.uint8)[index]


def without_orphans(index: Indexes, fixed: NDArray[np.bool_]) -> Indexes:
    """Replace cells that differ from all four neighbours by the most common of the eight around."""
    padded = np.pad(index, 1, mode="edge")
    rows, columns = index.shape
    around = [
        padded[dy : dy + rows, dx : dx + columns]
        for dy in range(3)
        for dx in range(3)
        if (dy, dx) != (1, 1)
    ]
    stack = np.stack(around)
    alone = np.all([stack[n] != index for n in (1, 3, 4, 6)], axis=0) & ~fixed
    votes = (stack[:, None] == stack[None]).sum(0)
    winner = np.take_along_axis(stack, votes.argmax(0)[None], 0)[0]
    return np.where(alone, winner, index)


def enlarged(cells: Picture, pixels: int, cut: int, size: int) -> Picture:
    """Each cell as a square of `pixels`, then the picture's `size` px window."""
    large = cells.repeat(pixels, 0).repeat(pixels, 1)
    return np.ascontiguousarray(large[cut : cut + size, cut : cut + size])
