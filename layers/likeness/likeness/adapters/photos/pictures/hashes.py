"""PDQ, the perceptual hash of shared lists of known illegal pictures.

From the paper "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm" (Facebook,
2019). The package pdqhash binds Meta's C++ code, but has no wheel for Linux and this Python; on
luminance of equal pixels both give the same bits (tests/unit/photos/test_photo_hash.py). Pictures
are scaled to 512 px first, as the paper recommends and Meta's own tools do: a hash of the full
picture differs from that in up to 14 bits on photos.
"""

from __future__ import annotations

import io
import math
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from PIL import Image

from likeness.domain.photos.photo_hash import PhotoHashes

if TYPE_CHECKING:
    from collections.abc import Iterable

_SIDE = 512  # px, the most that is hashed
_GRID = 64
_BITS = 16  # rows and columns of the hash

Matrix = list[list[float]]
Window = tuple[int, list[float]]  # first pixel, and the weight of each from there on


def hashes(jpeg: bytes) -> PhotoHashes:
    """Return the hashes of a normalised photo in its eight orientations."""
    image = Image.open(io.BytesIO(jpeg), formats=("JPEG",)).convert("L")
    image.thumbnail((_SIDE, _SIDE), Image.Resampling.BICUBIC)
    return of_luminance(image)


def of_luminance(image: Image.Image) -> PhotoHashes:
    """`image`: mode L. It is not scaled."""
    grid = _smoothed(image)
    waves = _cosine_transform(grid)
    return PhotoHashes(
        quality=_quality(grid), hashes=tuple(_bits(one) for one in _orientations(waves))
    )


def _smoothed(image: Image.Image) -> Matrix:
    """Return a 64 by 64 sample of the picture behind two box filters: only weighted sums of the
    pixels that reach a sample are computed."""
    width, height = image.size
    pixels = image.tobytes()
    rows = [pixels[width * y : width * (y + 1)] for y in range(height)]
    columns = _windows(width)
    return [
        [math.sumprod(weights, line[left : left + len(weights)]) for left, weights in columns]
        for line in (
            [
                math.sumprod(weights, column)
                for column in zip(*rows[top : top + len(weights)], strict=True)
            ]
            for top, weights in _windows(height)
        )
    ]


@cache
def _windows(length: int) -> list[Window]:
    """Return for each sample which pixels of a row reach it, and how much."""
    found = []
    for n in range(_GRID):
        weights: dict[int, float] = {}
        first = _box(length, int((n + 0.5) * length / _GRID))
        for middle in first:
            second = _box(length, middle)
            for pixel in second:
                weights[pixel] = weights.get(pixel, 0) + 1 / len(first) / len(second)
        found.append((min(weights), [weights[pixel] for pixel in sorted(weights)]))
    return found


def _box(length: int, at: int) -> range:
    """The filter's window, which is cut off at the picture's edges. An even one leans right."""
    window = (length + 2 * _GRID - 1) // (2 * _GRID)
    right = (window + 2) // 2
    return range(max(0, at - window + right), min(length, at + right))


def _quality(grid: Matrix) -> int:
    """Return 0 to 100: the sum of the steps between neighbours that are at least 1 % of the range.

    The paper calls it heuristic, its divisor included.
    """
    lines = [*grid, *map(list, zip(*grid, strict=True))]
    steps = sum(abs(int((a - b) * 100 / 255)) for line in lines for a, b in pairwise(line))
    return min(100, steps // 90)


def _cosine_transform(grid: Matrix) -> Matrix:
    """Return the frequencies 1 to 16 of both directions; 0 is the brightness."""
    half = [[math.sumprod(wave, column) for column in zip(*grid, strict=True)] for wave in _waves()]
    return [[math.sumprod(line, wave) for wave in _waves()] for line in half]


@cache
def _waves() -> Matrix:
    step = math.pi / 2 / _GRID
    return [[math.cos(step * n * (2 * at + 1)) for at in range(_GRID)] for n in range(1, _BITS + 1)]


def _orientations(waves: Matrix) -> Iterable[Matrix]:
    """Mirroring changes the sign of every other frequency, and turning swaps the directions."""
    for rows in (waves, [list(column) for column in zip(*waves, strict=True)]):
        for down in (1, -1):
            for across in (1, -1):
                yield [
                    [
                        value * (down if y % 2 == 0 else 1) * (across if x % 2 == 0 else 1)
                        for x, value in enumerate(row)
                    ]
                    for y, row in enumerate(rows)
                ]


def _bits(waves: Matrix) -> int:
    """Each bit: is this frequency stronger than the lower median? The first one is the lowest."""
    values = [value for row in waves for value in row]
    middle = sorted(values)[(len(values) - 1) // 2]
    return sum((value > middle) << n for n, value in enumerate(values))
