"""Stained glass: pieces between lead lines, cut from colours or drawn, and lead as a round bar."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from likeness_model.painter.technique.planes import Picture, Plane, resized

Path = NDArray[np.float32]  # (n, 2): x and y in shares of the picture's side
SMALLEST = 70  # pixels of a patch on that grid; smaller ones are merged into neighbours
ROUNDS = 5  # of Lloyd's algorithm
WORK = 160  # side of the grid on which pieces are cut from colours


@dataclass(frozen=True)
class Lead:
    """Lead lines of one width, in shares of the picture's side."""

    paths: Sequence[Path]
    width: float
    closed: bool = False


@dataclass(frozen=True)
class Glass:
    """The piece of each pixel, also under the lead; and the number of pieces."""

    label: NDArray[np.int32]
    count: int


def drawn(leads: Sequence[Lead], size: int) -> Picture:
    """The lead lines as a mask of 0 or 255, anti-aliased."""
    mask = np.zeros((size, size), np.uint8)
    for lead in leads:
        width = max(1, round(lead.width * size))
        points = [np.round(path * (size * 16)).astype(np.int32) for path in lead.paths]
        cv2.polylines(mask, points, lead.closed, 255, width, cv2.LINE_AA, 4)
    return mask


def glass_between(leads: Sequence[Lead], regions: NDArray[np.integer]) -> Glass:
    """The pieces between the lines; a line belongs to the nearest piece.

    `regions` (side, side) are small numbers that no piece spans, even through a gap in a line.
    """
    size = regions.shape[0]
    # Three pixels wide: cv2 joins pieces that touch at a corner.
    thin = [Lead(lead.paths, 2.6 / size, lead.closed) for lead in leads]
    line = (drawn(thin, size) > 127).astype(np.uint8)
    _, label = cv2.distanceTransformWithLabels(line, cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_CCOMP)
    parted = label.astype(np.int64) * 16 + regions
    found, compact = np.unique(parted, return_inverse=True)
    return Glass(compact.reshape(label.shape).astype(np.int32), len(found))


def cut_by_colour(
    picture: Picture, where: Plane, count: int, *, closeness: float = 0.9
) -> list[Path]:
    """Outlines of about `count` compact patches of similar colour inside a mask.

    Lloyd's algorithm on (x, y, L, a, b), as Achanta et al. 2012 do (SLIC), but over all patches:
    at this size one matrix product compares them. `closeness` weighs place against colour.
    """
    small, inside = resized(picture, WORK), resized(where, WORK) > 0.5
    rows, columns = np.nonzero(inside)
    if not len(rows):
        return []
    lab = cv2.cvtColor(cv2.GaussianBlur(small, (0, 0), 1.2), cv2.COLOR_RGB2Lab)[inside]
    pitch = np.sqrt(len(rows) / count)
    place = np.stack([columns, rows], 1) * (closeness * 22 / pitch)
    points = np.hstack([place, lab * (1.0, 1.3, 1.3)]).astype(np.float32)
    nearest = _patches(points, _lattice(rows, columns, pitch))
    label = np.full((WORK, WORK), -1, np.int32)
    label[inside] = nearest
    return _smooth_outlines(label, inside)


def _lattice(rows: NDArray[np.intp], columns: NDArray[np.intp], pitch: float) -> NDArray[np.intp]:
    """The first member of each cell of a brick-laid lattice: the starts of the patches."""
    row = (rows / pitch).astype(int)
    column = (columns / pitch + 0.5 * (row % 2)).astype(int)
    _, first = np.unique(row * 10_000 + column, return_index=True)
    counts = np.unique(row * 10_000 + column, return_counts=True)[1]
    return first[counts > 0.3 * pitch * pitch] if (counts > 0.3 * pitch * pitch).any() else first


def _patches(points: Plane, first: NDArray[np.intp]) -> NDArray[np.intp]:
    centres = points[first]
    nearest = np.zeros(len(points), np.intp)
    for _ in range(ROUNDS):
        nearest = ((centres**2).sum(1)[None] - 2 * points @ centres.T).argmin(1)
        size = np.bincount(nearest, minlength=len(centres))
        sums = [np.bincount(nearest, axis, len(centres)) for axis in points.T]
        mean = np.stack(sums, 1) / np.maximum(size, 1)[:, None]
        centres = np.where(size[:, None] > 0, mean, centres).astype(np.float32)
    return nearest


def _smooth_outlines(label: NDArray[np.int32], inside: NDArray[np.bool_]) -> list[Path]:
    """The patches' outlines as curves in shares of the side: where a patch's smoothed share exceeds
    that of every other, so that two neighbours have one line between them."""
    sizes = np.bincount(label[label >= 0])
    best, second = np.zeros((2, *label.shape), np.float32)
    winner = np.full(label.shape, -1, np.int32)
    for patch in np.flatnonzero(sizes > SMALLEST):
        vote = cv2.GaussianBlur((label == patch).astype(np.float32), (0, 0), 2.0)
        more = vote > best
        second = np.where(more, best, np.maximum(second, vote))
        winner[more], best = patch, np.maximum(best, vote)
    outlines = []
    for patch in np.flatnonzero(sizes > SMALLEST):
        own = (winner == patch) & inside
        rows, columns = np.nonzero(own)
        if len(rows) < 14:
            continue
        window = np.s_[
            max(rows.min() - 3, 0) : rows.max() + 4, max(columns.min() - 3, 0) : columns.max() + 4
        ]
        lead = np.where(
            winner[window] == patch,
            best[window] - second[window],
            cv2.GaussianBlur((label[window] == patch).astype(np.float32), (0, 0), 2.0)
            - best[window],
        )
        outlines += _level_curves(lead, (window[1].start, window[0].start))
    return outlines


def _level_curves(field: Plane, corner: tuple[int, int], finer: int = 4) -> list[Path]:
    large = cv2.resize(field, None, fx=finer, fy=finer, interpolation=cv2.INTER_CUBIC)
    found, _ = cv2.findContours(
        (large > 0).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
    )
    return [
        (
            (smoothed(contour[:, 0].astype(np.float32), 5) + 0.5) / finer
            + np.array(corner, np.float32)
        )
        / WORK
        for contour in found
        if cv2.contourArea(contour) > 14 * finer * finer
    ]


def smoothed(closed: Path, reach: int) -> Path:
    """A closed curve after a running mean over `reach` points to both sides."""
    wide = 2 * reach + 1
    padded = np.concatenate([closed[-reach:], closed, closed[:reach]])
    return np.stack(
        [np.convolve(padded[:, axis], np.full(wide, 1 / wide), "valid") for axis in (0, 1)], 1
    ).astype(np.float32)


def came(mask: Picture, unit: float) -> tuple[Plane, Plane]:
    """Light on the round back of lead bars (about -1..1), and the distance to the nearest bar.

    `unit` is the length of a thousandth of the picture in pixels.
    """
    height = cv2.GaussianBlur(mask.astype(np.float32) * (1 / 255), (0, 0), 1.7 * unit)
    dx, dy = cv2.Sobel(height, cv2.CV_32F, 1, 0), cv2.Sobel(height, cv2.CV_32F, 0, 1)
    away = cv2.distanceTransform((mask <= 127).astype(np.uint8), cv2.DIST_L2, 3)
    relief = (dx + dy) * (unit * 0.75)
    return relief, away
