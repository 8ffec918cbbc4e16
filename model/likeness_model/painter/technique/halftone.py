"""Halftone screens: dots whose area equals the tone they stand for."""

from functools import cache

import numpy as np

from likeness_model.painter.technique.planes import Plane

_LEVELS = 1024


def halftone(cover: Plane, *, pitch: float, angle: float, soft: float = 1.0) -> Plane:
    """Ink of 0..1 in a screen of `pitch` (share of the side) turned by `angle` degrees.

    The area inked equals `cover` at every tone: a dot grows to the radius r with P(distance < r)
    = cover, pi r^2 in square cells until dots touch, the area of disc and cell beyond that. The
    edge is `soft` pixels wide.
    """
    size = cover.shape[0]
    cell = pitch * size
    distance = _distance(size, cell, angle)
    steps = np.clip(cover * (_LEVELS - 1) + 0.5, 0, _LEVELS - 1).astype(np.uint16)
    reach = np.take(_reach_for_cover(), steps) * cell
    return np.clip((reach - distance) * (1 / soft) + 0.5, 0, 1)


def _distance(size: int, cell: float, angle: float) -> Plane:
    """Distance in pixels to the nearest dot's centre."""
    turn = np.radians(angle)
    at = (np.arange(size, dtype=np.float32) - (size / 2 - 0.5)) / cell
    across = at[None, :] * np.float32(np.cos(turn)) + at[:, None] * np.float32(np.sin(turn))
    across -= np.rint(across)
    down = at[:, None] * np.float32(np.cos(turn)) - at[None, :] * np.float32(np.sin(turn))
    down -= np.rint(down)
    return np.sqrt(across * across + down * down) * cell


@cache
def _reach_for_cover() -> Plane:
    """Reach, in cells, at which that share of a cell is inked; the quantiles of the distance.

    No ink at 0 and no paper at 1: half a pixel of soft edge must not show there.
    """
    at = (np.arange(512) + 0.5) / 1024  # a quarter of a cell, seen from its dot
    distances = np.sort(np.hypot(at[None, :], at[:, None]).ravel())
    reach = np.quantile(distances, np.linspace(0, 1, _LEVELS))
    reach[0], reach[-1] = -1, 1
    return reach.astype(np.float32)
