"""Thousands of brush and pen strokes: seeded, traced along a flow, painted in layers."""

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from likeness_model.painter.technique.flow import Orientation, tangents
from likeness_model.painter.technique.planes import Plane, bands

Points = NDArray[np.float32]  # (N, 2) as x, y
Paths = NDArray[np.float32]  # (N, K, 2), K points along each stroke

SHIFT = 4  # OpenCV takes sub-pixel points as integers of 1/16 pixel


def scatter(rng: np.random.Generator, size: int, spacing: float) -> Points:
    """One point per cell of a jittered grid, in random order: even cover without a visible grid."""
    count = max(2, round(size / spacing))
    cells = np.stack(np.meshgrid(np.arange(count), np.arange(count)), -1).reshape(-1, 2)
    points = (cells + rng.random(cells.shape)) * (size / count)
    return np.asarray(points[rng.permutation(len(points))], np.float32)


def sample(x: NDArray[np.generic], points: Points, size: int) -> NDArray[np.generic]:
    """Values of `x` at points in the pixels of a picture `size` wide (`x` may be smaller)."""
    side = x.shape[0]
    at = np.clip((points * (side / size)).astype(np.int32), 0, side - 1)
    return x[at[..., 1], at[..., 0]]


def trace(
    field: Orientation, seeds: Points, *, size: int, step: Plane | float, count: int
) -> Paths:
    """Walk `count` steps both ways from each seed along the field, all strokes at once.

    `step` is the length of one step in pixels, one number or one for each seed. Returns
    (N, 2 * count + 1, 2), the seed in the middle (Hertzmann 1998, curved brush strokes).
    """
    if not len(seeds):
        return np.empty((0, 2 * count + 1, 2), np.float32)
    reach = np.broadcast_to(np.asarray(step, np.float32), (len(seeds),))[:, None]

    def heading_at(points: Points) -> Points:
        return tangents(sample(field, points, size)[:, None])[:, 0]

    first = heading_at(seeds)
    sides = []
    for sense in (np.float32(-1), np.float32(1)):
        heading, here, walked = sense * first, seeds, []
        for _ in range(count):
            here = here + heading * reach
            walked.append(here)
            ahead = heading_at(here)
            turn = np.where((ahead * heading).sum(1, keepdims=True) < 0, -ahead, ahead)
            heading = turn
        sides.append(walked)
    return np.stack([*sides[0][::-1], seeds, *sides[1]], axis=1)


def until(paths: Paths, go_on: NDArray[np.bool_]) -> Paths:
    """Cut each stroke where `go_on` (N, K) first fails on its way out from the middle."""
    middle = paths.shape[1] // 2
    cut = paths.copy()
    for outward in (range(middle - 1, -1, -1), range(middle + 1, paths.shape[1])):
        going = np.ones(len(paths), np.bool_)
        for index in outward:
            inward = index + 1 if index < middle else index - 1
            going &= go_on[:, index]
            cut[:, index] = np.where(going[:, None], paths[:, index], cut[:, inward])
    return cut


def outlines(paths: Paths, half_widths: NDArray[np.float32]) -> Paths:
    """Closed polygons (N, 2K, 2) around paths with a half width (N, K) at each point."""
    ahead = np.empty_like(paths)
    ahead[:, 1:-1] = paths[:, 2:] - paths[:, :-2]
    ahead[:, 0], ahead[:, -1] = paths[:, 1] - paths[:, 0], paths[:, -1] - paths[:, -2]
    spine = paths[:, -1:] - paths[:, :1]
    still = (ahead * ahead).sum(2, keepdims=True) < 1e-4
    ahead = np.where(still, spine, ahead)
    ahead /= np.sqrt((ahead * ahead).sum(2, keepdims=True)) + 1e-6
    across = np.stack([-ahead[..., 1], ahead[..., 0]], -1) * half_widths[..., None]
    return np.concatenate([paths + across, (paths - across)[:, ::-1]], axis=1)


def to_fixed(points: Paths) -> NDArray[np.int32]:
    """Points in OpenCV's fixed point."""
    return np.asarray(np.round(points * (1 << SHIFT)), np.int32)


def pen(paths: Paths, size: int, thickness: int = 1) -> NDArray[np.uint8]:
    """Cover (0..255) of thin lines, drawn in one call; overlaps do not add up."""
    cover = np.zeros((size, size), np.uint8)
    cv2.polylines(cover, list(to_fixed(paths)), False, 255, thickness, cv2.LINE_AA, SHIFT)
    return cover


class Laid(NamedTuple):
    """The topmost stroke at each pixel of some rows, and the pixel's position in it."""

    rows: slice
    stroke: NDArray[np.intp]  # index; 0 where there is none
    covered: NDArray[np.bool_]  # whether there is one
    along: Plane  # -1..1 from one end to the other
    across: Plane  # -1..1 from one side to the other


def lay(paths: Paths, half_width: NDArray[np.float32], shape: tuple[int, int]) -> Iterator[Laid]:
    """Paint broad strokes in order; yields each pixel's stroke and position in it, a band of rows
    at a time, without bands that no stroke covers.

    The strokes are filled as polygons into an index buffer; the pixel's place comes from the
    parabola through the stroke's ends and middle, so brush texture needs no work per stroke.
    """
    count = paths.shape[1]
    profile = np.sqrt(1 - np.linspace(-1, 1, count, dtype=np.float32) ** 6 * 0.75)
    buffer = np.full(shape, -1, np.int32)
    for index, outline in enumerate(to_fixed(outlines(paths, half_width[:, None] * profile))):
        cv2.fillPoly(buffer, [outline], index, cv2.LINE_8, SHIFT)
    to_along, to_across, bow = stroke_frames(paths, half_width)
    columns = np.arange(shape[1], dtype=np.float32) + 0.5
    for rows in bands(shape[0]):
        part = buffer[rows]
        covered = part >= 0
        if not covered.any():
            continue
        stroke = np.maximum(part, 0).astype(np.intp)
        down = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None] + 0.5
        along, across = (
            taken(c, stroke) + taken(x, stroke) * columns + taken(y, stroke) * down
            for x, y, c in (to_along, to_across)
        )
        across -= taken(bow, stroke) * (1 - along * along)
        yield Laid(rows, stroke, covered, along, across)


def taken(values: Plane, index: NDArray[np.intp]) -> Plane:
    """Values by indexes known to be valid: numpy's check of each takes half as long again."""
    return np.take(values, index, mode="clip")


def stroke_frames(
    paths: Paths, half_width: NDArray[np.float32]
) -> tuple[list[Plane], list[Plane], Plane]:
    """For each stroke, x, y and constant of its two coordinates, and its bow in half widths."""
    start, middle, end = paths[:, 0], paths[:, paths.shape[1] // 2], paths[:, -1]
    chord = end - start
    half = np.sqrt((chord * chord).sum(1)) / 2 + 1e-3
    unit = chord / (2 * half[:, None])
    normal = np.stack([-unit[:, 1], unit[:, 0]], 1)
    centre = (start + end) / 2
    frames: list[list[Plane]] = []
    for axis, scale in ((unit, 1 / half), (normal, 1 / half_width)):
        x, y = (axis * scale[:, None]).T
        frames.append([x, y, -(centre[:, 0] * x + centre[:, 1] * y)])
    bow = ((middle - centre) * normal).sum(1) / half_width
    return frames[0], frames[1], bow
