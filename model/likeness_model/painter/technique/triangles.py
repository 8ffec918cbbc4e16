"""Triangles over a picture: points where it has detail, Delaunay triangulation, coloured facets."""

import cv2
import numpy as np
from numpy.typing import NDArray

from likeness_model.painter.technique.planes import Picture, Plane

Points = NDArray[np.float32]  # (n, 2), x and y in pixels
Triangles = NDArray[np.intp]  # (m, 3), indexes of points


def spread_points(
    spacing: Plane, appeal: Plane, count: int, rng: np.random.Generator, *, fixed: Points
) -> Points:
    """Up to `count` points in addition to the `fixed` ones, at least `spacing` pixels apart.

    Candidates in a random order weighted by `appeal` (Efraimidis & Spirakis 2006); a mask of
    occupied discs enforces the distance: Poisson-disc sampling by dart throwing.
    """
    size = spacing.shape[0]
    taken = np.zeros((size, size), np.uint8)
    for x, y in np.round(fixed).astype(int).clip(0, size - 1):
        cv2.circle(taken, (int(x), int(y)), max(1, int(spacing[y, x])), 255, -1)
    key = rng.random(appeal.shape, np.float32) ** (1 / np.maximum(appeal, 1e-3))
    tries = min(key.size, 14 * count)
    best = np.argpartition(-key.ravel(), tries - 1)[:tries]
    best = best[np.argsort(-key.ravel()[best], kind="stable")]
    found: list[tuple[int, int]] = []
    for place in best.tolist():
        y, x = divmod(place, size)
        if taken[y, x]:
            continue
        found.append((x, y))
        cv2.circle(taken, (x, y), max(1, int(spacing[y, x])), 255, -1)
        if len(found) == count:
            break
    more = np.array(found, np.float32).reshape(-1, 2)
    return np.concatenate([fixed, more]).astype(np.float32)


def thinned(points: Points, spacing: Plane) -> Points:
    """The earlier one of points closer than `spacing` to each other."""
    size = spacing.shape[0]
    taken = np.zeros((size, size), np.uint8)
    kept = []
    for x, y in points:
        column, row = min(max(int(x), 0), size - 1), min(max(int(y), 0), size - 1)
        if not taken[row, column]:
            kept.append((x, y))
            cv2.circle(taken, (column, row), max(1, int(spacing[row, column])), 255, -1)
    return np.array(kept, np.float32).reshape(-1, 2)


def along(curve: Points, step: float) -> Points:
    """Points `step` pixels apart along a polyline."""
    lengths = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(curve, axis=0), axis=1))])
    at = np.arange(0, lengths[-1], step)
    return np.stack([np.interp(at, lengths, curve[:, k]) for k in (0, 1)], 1).astype(np.float32)


def delaunay(points: Points) -> tuple[Points, Triangles]:
    """The Delaunay triangulation, and its points without duplicates."""
    low, high = points.min() - 10, points.max() + 10
    plane = cv2.Subdiv2D((int(low), int(low), int(high - low) + 2, int(high - low) + 2))
    plane.insert([(float(x), float(y)) for x, y in points])
    corners = plane.getTriangleList().reshape(-1, 3, 2)
    inside = ((corners > low) & (corners < high)).all((1, 2))
    flat = np.round(corners[inside].reshape(-1, 2) * 64).astype(np.int64)
    unique, index = np.unique(flat[:, 0] * 1_000_000 + flat[:, 1], return_inverse=True)
    first = np.zeros(len(unique), np.intp)
    first[index] = np.arange(len(flat))
    return (flat[first] / 64).astype(np.float32), index.reshape(-1, 3)


def facet_map(points: Points, triangles: Triangles, size: int, scale: float) -> NDArray[np.int32]:
    """The triangle of each pixel of a `size` px square; `scale` maps points to its pixels."""
    label = np.zeros((size, size), np.int32)
    corners = np.round(points[triangles] * (scale * 16)).astype(np.int32)
    for number, corner in enumerate(corners):
        cv2.fillConvexPoly(label, corner, number, cv2.LINE_8, 4)
    return label


def plane_fits(picture: Picture, label: NDArray[np.int32], count: int) -> Plane:
    """Per facet and channel the best linear colour: (count, 3, channels) for 1, x, y.

    Least squares by moments about each facet's middle; x and y run from 0 to 1 over the picture.
    Slivers too thin for a slope get a flat colour.
    """
    size = label.shape[0]
    owner = label.ravel()
    x = np.tile((np.arange(size) + 0.5) / size, size)
    y = np.repeat((np.arange(size) + 0.5) / size, size)

    def total(values: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        return np.bincount(owner, values, count).astype(float)

    area = np.maximum(total(), 1)
    mx, my = total(x) / area, total(y) / area
    dx, dy = x - mx[owner], y - my[owner]
    xx, yy, xy = total(dx * dx) / area, total(dy * dy) / area, total(dx * dy) / area
    floor = (1.2 / size) ** 2
    determinant = (xx + floor) * (yy + floor) - xy * xy
    fits = np.zeros((count, 3, picture.shape[2]))
    for channel in range(picture.shape[2]):
        value = picture[..., channel].ravel().astype(float)
        mean = total(value) / area
        cx, cy = total(value * dx) / area, total(value * dy) / area
        slope_x = (cx * (yy + floor) - cy * xy) / determinant
        slope_y = (cy * (xx + floor) - cx * xy) / determinant
        fits[:, 0, channel] = mean - slope_x * mx - slope_y * my
        fits[:, 1, channel], fits[:, 2, channel] = slope_x, slope_y
    return fits.astype(np.float32)
