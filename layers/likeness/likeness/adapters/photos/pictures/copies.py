"""Distinguish a near-exact copy of a photo from a similar photo.

A hash alone cannot: of the eight demo photos, which are views of one face, the nearest two differ
in 8 of 64 bits, while a copy cropped by 2 % differs from its original in up to 10. So the hash only
selects candidates, which are then compared pixel by pixel.
`python tests/bench/photo_copies.py` measures the numbers of this module again.
"""

from __future__ import annotations

import io
from itertools import batched, product
from typing import TYPE_CHECKING

from PIL import Image, ImageChops, ImageStat

from likeness.domain.photos.photo import Fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterator

_SIDE = 96  # px of the grid on which two pictures are compared
_SOURCE = 2 * _SIDE  # px of the picture that is cropped and compared
_REACH = 0.03  # of a side: how much of each edge may be cropped
_FIRST_STEP, _LAST_STEP = 0.016, 0.001  # of a side
_BLOCK = 8  # px of the grid: the size of an eye in a face that fills the picture

# The worst block's mean difference, of 255 levels. On the demo photos: at most 8 between a photo
# and its copies, at least 48 between two of the views.
_SAME_BELOW = 24

Edges = tuple[float, float, float, float]  # cropped off: left, top, right, bottom, of a side


def fingerprint(image: Image.Image) -> Fingerprint:
    """A difference hash: is each cell of an 8 by 8 grid brighter than its right neighbour?"""
    grey = image.convert("L").resize((9, 8), Image.Resampling.BOX)
    bits = 0
    for row in batched(grey.tobytes(), 9, strict=True):
        for left, right in zip(row, row[1:], strict=False):
            bits = bits << 1 | (left < right)
    return Fingerprint(perceptual=f"{bits:016x}")


def same_picture(one: bytes, other: bytes) -> bool:
    """Return whether two normalised photos are one picture, saved, scaled or cropped differently.

    A mirrored, rotated or retouched picture is another one.
    """
    return one == other or difference(one, other) < _SAME_BELOW


def difference(one: bytes, other: bytes) -> int:
    """Return the difference of two normalised photos in their most different block, 0 to 255.

    Either one may be cropped, so both directions are compared.
    """
    a, b = _grey(one), _grey(other)
    return min(_worst_block(a, b), _worst_block(b, a))


def _grey(jpeg: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(jpeg), formats=("JPEG",))
    image.draft("L", (_SOURCE, _SOURCE))
    return image.convert("L").resize((_SOURCE, _SOURCE), Image.Resampling.BOX)


def _worst_block(whole: Image.Image, part: Image.Image) -> int:
    """Crop `whole` to match `part` best; return the difference of the most different block."""
    target = part.resize((_SIDE, _SIDE), Image.Resampling.BILINEAR)  # as the crops of `whole`
    edges: Edges = (0.0, 0.0, 0.0, 0.0)
    best = _difference(target, whole, edges)
    error, step = _error(best), _FIRST_STEP
    while step >= _LAST_STEP:
        for moved in _neighbours(edges, step):
            trial = _difference(target, whole, moved)
            if (trial_error := _error(trial)) < error:
                edges, best, error = moved, trial, trial_error
                break
        else:
            step /= 2
    blocks = best.resize((_SIDE // _BLOCK, _SIDE // _BLOCK), Image.Resampling.BOX)
    _, worst = blocks.getextrema()
    return int(worst)  # type: ignore[arg-type]  # one band: a pair of numbers


def _neighbours(edges: Edges, step: float) -> Iterator[Edges]:
    """Yield the edges with one of them moved inwards or outwards."""
    for moved, towards in product(range(4), (step, -step)):
        left, top, right, bottom = (
            min(_REACH, max(0.0, edge + towards)) if at == moved else edge
            for at, edge in enumerate(edges)
        )
        yield left, top, right, bottom


def _difference(target: Image.Image, whole: Image.Image, edges: Edges) -> Image.Image:
    left, top, right, bottom = (edge * _SOURCE for edge in edges)
    box = (left, top, _SOURCE - right, _SOURCE - bottom)
    cropped = whole.resize((_SIDE, _SIDE), Image.Resampling.BILINEAR, box=box)
    return ImageChops.difference(target, cropped)


def _error(difference: Image.Image) -> float:
    return ImageStat.Stat(difference).sum2[0]
