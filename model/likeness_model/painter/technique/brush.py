"""Loaded brushes: layers of bristle strokes with colour and relief, and the light on them."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from likeness_model.painter.technique.flow import Orientation
from likeness_model.painter.technique.planes import (
    Picture,
    Plane,
    bands,
    blur,
    dimmed,
    mix,
    smoothstep,
    uphill,
)
from likeness_model.painter.technique.strokes import (
    Laid,
    Paths,
    Points,
    lay,
    sample,
    scatter,
    taken,
    trace,
    until,
)

KINDS, ACROSS, ALONG = 8, 40, 96  # brush prints in the atlas, a power of two; their resolution
BEYOND = 1.05  # how far a pixel's place is looked up, in half widths and half lengths


@dataclass(frozen=True, slots=True)
class Brush:
    """A brush and how it is used; lengths in 1/1024 of the picture's side."""

    width: float
    length: float
    density: float = 2.2  # mean number of strokes that cover a place
    fidelity: float = 26.0  # colour change (0..255) at which the stroke is lifted
    jitter: float = 6.0  # spread of a stroke's own tint (0..255)
    relief: float = 1.0  # height of the paint
    dry: float = 0.35  # share of the bristles that run dry towards the end


@dataclass(slots=True)
class Canvas:
    """Paint in progress: colour 0..255 and its height, both float32."""

    colour: Plane
    height: Plane


def brush_prints(rng: np.random.Generator) -> NDArray[np.float32]:
    """Atlas (KINDS, ACROSS, ALONG) of bristle tracks, 0..1: slightly wavy streaks."""
    prints = []
    for _ in range(KINDS):
        fine = rng.random((ACROSS // 2, 6), np.float32)
        broad = rng.random((6, 4), np.float32)
        shape = (ALONG, ACROSS)
        track = 0.6 * cv2.resize(fine, shape, interpolation=cv2.INTER_CUBIC)
        prints.append(track + 0.4 * cv2.resize(broad, shape, interpolation=cv2.INTER_CUBIC))
    return np.clip(np.asarray(prints, np.float32), 0, 1)


def stroke_paths(
    seeds: Points, target: Plane, field: Orientation, brush: Brush, size: int
) -> tuple[Paths, NDArray[np.float32]]:
    """Strokes along the field from the seeds, ended where the colour changes; and their colours.

    Litwinowicz 1997 clips strokes at edges; Hertzmann 1998 bends them along the tangent and stops
    them where the source differs more from the stroke than from the canvas.
    """
    unit = size / 1024
    count = 3
    paths = trace(field, seeds, size=size, step=brush.length * unit / (2 * count), count=count)
    seen = sample(target, paths, size).astype(np.float32)
    own = seen[:, count]
    off = np.abs(seen - own[:, None]).max(2)
    paths = until(paths, off < brush.fidelity)
    return paths, own


def paint(
    canvas: Canvas,
    target: Plane,
    field: Orientation,
    *,
    brush: Brush,
    prints: NDArray[np.float32],
    rng: np.random.Generator,
    chance: Plane,
    window: tuple[slice, slice],
) -> None:
    """Lay one layer of strokes of `brush` on the canvas.

    `target` is the picture to paint, 0..255, and `chance` the probability of a stroke at each
    pixel, both at any size; `window` limits the work to a part of the picture.
    """
    size = canvas.height.shape[0]
    width = brush.width * size / 1024
    spacing = width * np.sqrt(0.8 * brush.length / brush.width / brush.density)
    seeds = scatter(rng, size, float(spacing))
    tint = rng.normal(0, 1, (len(seeds), 4)).astype(np.float32)
    luck = rng.random(len(seeds), np.float32)
    keep = luck < sample(chance, seeds, size)
    soft = blur(target, width * 0.3 * target.shape[0] / size) if width > 3 else target
    paths, own = stroke_paths(seeds[keep], soft, field, brush, size)
    span = paths[:, -1] - paths[:, 0]
    whole = (span * span).sum(1) > (0.9 * width) ** 2  # a very short stroke would look like a tile
    paths, own, tint = paths[whole], own[whole], tint[keep][whole]
    if not len(paths):
        return
    own = own + brush.jitter * (tint[:, :1] + 0.35 * tint[:, 1:])
    rows, columns = window
    corner = np.asarray([columns.start, rows.start], np.float32)
    half = width / 2 * (1 + 0.18 * np.clip(tint[:, 0], -2, 2))
    marks = bristle_marks(prints, brush, width)
    for laid in lay(paths - corner, half, (rows.stop - rows.start, columns.stop - columns.start)):
        here = slice(rows.start + laid.rows.start, rows.start + laid.rows.stop)
        view, relief = canvas.colour[here, columns], canvas.height[here, columns]
        place = marks.place(laid)
        cover = taken(marks.cover, place)
        cover *= laid.covered
        streak = taken(marks.streak, place)
        colour = cv2.merge([taken(channel, laid.stroke) + streak for channel in own.T.copy()])
        view[:] = mix(view, colour, cover)
        fresh = taken(marks.ridge, place) - 0.75 * relief
        relief += fresh * cover


@dataclass(frozen=True, slots=True)
class Marks:
    """What each place in a stroke of a brush looks like, (KINDS, across, along) flattened: the
    cover of paint, the bristle's own tint, and the height of the paint."""

    across: int
    along: int
    cover: Plane
    streak: Plane
    ridge: Plane

    def place(self, laid: Laid) -> NDArray[np.intp]:
        """The index of each pixel in these tables."""
        row, column = (
            np.clip((x + np.float32(BEYOND)) * np.float32(cells / (2 * BEYOND)), 0, cells - 1)
            for x, cells in ((laid.across, self.across), (laid.along, self.along))
        )
        # 32 bits: numpy has no fast conversion of floats to 64 bits, nor a fast clip of them.
        place = (laid.stroke & (KINDS - 1)).astype(np.int32)
        place *= self.across
        place += row.astype(np.int32)
        place *= self.along
        place += column.astype(np.int32)
        return place.astype(np.intp)


def bristle_marks(prints: NDArray[np.float32], brush: Brush, width: float) -> Marks:
    """The marks of a brush `width` pixels wide, in cells of less than half a pixel across."""
    wide, long = int(np.clip(2.5 * width, ACROSS, 3 * ACROSS)), ALONG + 5
    across, along = (
        (np.arange(cells, dtype=np.float32) + 0.5) * np.float32(2 * BEYOND / cells) - BEYOND
        for cells in (wide, long)
    )
    row = np.clip((across + 1) * (ACROSS / 2), 0, ACROSS - 1).astype(int)
    column = np.clip((along + 1) * (ALONG / 2), 0, ALONG - 1).astype(int)
    track = prints[:, row[:, None], column]
    edge, end = np.abs(across)[:, None], np.abs(along)
    cover = smoothstep(1.0, 1 - min(0.6, 2.2 / width), edge) * smoothstep(1.02, 0.9, end)
    cover = cover * smoothstep(-0.02, 0.16, track + 0.5 - 1.5 * brush.dry * end)
    streak = (track - 0.5) * np.float32(2.4 * brush.jitter)
    ridge = track * np.float32(0.7) + 0.5 * smoothstep(0.55, 0.95, edge)
    ridge = ridge * np.float32(brush.relief * brush.width)
    return Marks(wide, long, *(x.ravel() for x in (cover, streak, ridge)))


def lit(canvas: Canvas, strength: float, *, angle: float = -2.2, gloss: float = 0.12) -> Picture:
    """The canvas under a lamp at `angle`: relief shading, with a gloss on wet ridges.

    Lambert's law on the slope of the height field, with a power of it for the gloss
    (Hertzmann 2002, "Fast Paint Texture").
    """
    size = canvas.height.shape[0]
    height = cv2.GaussianBlur(canvas.height, (0, 0), max(0.5, 0.8 * size / 1024))
    slope = uphill(height, np.cos(angle), np.sin(angle))
    slope *= np.float32(-0.05 * strength * size / 1024)
    np.tanh(slope, out=slope)
    picture = np.empty_like(canvas.colour, np.uint8)
    for rows in bands(size):
        shine = np.square(np.clip(slope[rows] - 0.35, 0, 1)) * (gloss * 255 * 2)
        shaded = dimmed(canvas.colour[rows], 1 + 0.22 * slope[rows])
        cv2.add(shaded, cv2.merge([shine] * 3), dst=shaded)
        cv2.convertScaleAbs(np.maximum(shaded, 0, out=shaded), dst=picture[rows])
    return picture
