"""Cuts of a gouge in lino: pointed where the blade enters, wider where the block is lighter."""

from dataclasses import dataclass

import cv2
import numpy as np

from likeness_model.painter.technique.flow import Orientation
from likeness_model.painter.technique.planes import Plane, resized, smoothstep
from likeness_model.painter.technique.strokes import (
    SHIFT,
    outlines,
    sample,
    scatter,
    to_fixed,
    trace,
    until,
)


@dataclass(frozen=True, slots=True)
class Gouge:
    """A blade and its use; lengths in 1/1024 of the side, tones 0..1.

    Below `solid` nothing is cut, above `clear` everything is; between them the cuts widen.
    """

    spacing: float
    length: float
    solid: float
    clear: float


def cuts(
    rng: np.random.Generator, tone: Plane, field: Orientation, gouge: Gouge, *, size: int
) -> Plane:
    """Share of the block that is cut away, 0..1, at `size` px.

    The width of each cut follows the tone under it, as an engraver modulates a line (Ostromoukhov
    1999, "Digital facial engraving"); cuts stop where the block must stay solid.
    """
    drawn = size * max(1, round(1024 / size))  # a drawn edge is a pixel wide, however small
    unit = drawn / 1024
    seeds = scatter(rng, drawn, gouge.spacing * unit)
    light = sample(tone, seeds, drawn)
    seeds = seeds[(light > gouge.solid) & (light < gouge.clear + 0.08)]
    cover = np.zeros((drawn, drawn), np.uint8)
    if len(seeds):
        count = 4
        stretch = rng.uniform(0.6, 1.3, len(seeds)).astype(np.float32)
        step = stretch * (gouge.length * unit / (2 * count))
        paths = trace(field, seeds, size=drawn, step=step, count=count)
        light = sample(tone, paths, drawn)
        paths = until(paths, light > gouge.solid)
        span = paths[:, -1] - paths[:, 0]
        whole = (span * span).sum(1) > (gouge.spacing * unit) ** 2
        widths = half_widths(paths[whole], light[whole], gouge, rng) * unit
        for outline in to_fixed(outlines(paths[whole], widths)):
            cv2.fillPoly(cover, [outline], 255, cv2.LINE_AA, SHIFT)
    open_ = smoothstep(gouge.clear - 0.02, gouge.clear + 0.02, resized(tone, size))
    cut_away = resized(cover, size).astype(np.float32) * (1 / 255)
    return np.maximum(cut_away, open_)


def half_widths(paths: Plane, light: Plane, gouge: Gouge, rng: np.random.Generator) -> Plane:
    """Half width at each point: a point at the entry, a rounded exit, swelling with the light."""
    along = np.linspace(0, 1, paths.shape[1], dtype=np.float32)
    reverse = rng.random(len(paths)) < 0.5
    profile = np.sin(np.pi * along**0.62)
    profile = np.where(reverse[:, None], profile[None, ::-1], profile[None])
    share = np.clip((light - gouge.solid) / (gouge.clear - gouge.solid), 0, 1)
    return gouge.spacing * (0.05 + 0.36 * share) * profile
