"""Loaded brushes: layers of bristle strokes that leave colour and relief, and light upon it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from likeness_model.painter.technique.flow import Orientation
from likeness_model.painter.technique.planes import Plane, blur, smoothstep
from likeness_model.painter.technique.strokes import (
    Paths, Points, lay, sample, scatter, trace, until,
)

KINDS, ACROSS, ALONG = 8, 40, 96  # brush prints in the atlas and their resolution


@dataclass(frozen=True, slots=True)
class Brush:
    """A brush and how it is used; lengths in 1/1024 of the picture's side."""

    width: float
    length: float
    density: float = 2.2  # strokes that cover a place, on average
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
    """Atlas (KINDS, ACROSS, ALONG) of bristle tracks, 0..1: streaks that waver a little."""
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
    """Strokes along the field from the seeds, lifted where the colour leaves theirs; and colours.

    Litwinowicz 1997 clips strokes at edges; Hertzmann 1998 bends them along the tangent and stops
    them where the source differs more from the stroke than from the canvas.
    """
    unit = size / 1024
    count = 3
    paths = trace(field, seeds, size=size, step=brush.length * unit / (2 * count), count=count)
    seen = np.asarray(sample(target, paths, size), np.float32)
    own = seen[:, count]
    off = np.abs(seen - own[:, None]).max(2)
    paths = until(paths, off < brush.fidelity)
    return paths, own


def paint(
    canvas: Canvas,
    target: Plane,
    field: Orientation,
    brush: Brush,
    prints: NDArray[np.float32],
    rng: np.random.Generator,
    *,
    chance: Plane | None = None,
    window: tuple[slice, slice] | None = None,
) -> None:
    """Lay one layer of strokes of `brush` on the canvas.

    `target` is the picture to paint (S, S, 3), 0..255; `chance` says where this layer goes (a
    probability at each pixel, at any size); `window` bounds the work when that is a small part.
    """
    size = canvas.height.shape[0]
    unit = size / 1024
    rows, columns = window or (slice(0, size), slice(0, size))
    spacing = np.sqrt(brush.width * brush.length * 0.8 / brush.density) * unit
    seeds = scatter(rng, size, float(spacing))
    luck = rng.random(len(seeds), np.float32)
    tint = rng.normal(0, 1, (len(seeds), 4)).astype(np.float32)
    keep = np.ones(len(seeds), np.bool_)
    if chance is not None:
        keep = luck < np.asarray(sample(chance, seeds, size), np.float32)
    seeds, tint = seeds[keep], tint[keep]
    if not len(seeds):
        return
    soft = blur(target, brush.width * unit * 0.3) if brush.width * unit > 3 else target
    paths, own = stroke_paths(seeds, soft, field, brush, size)
    span = paths[:, -1] - paths[:, 0]
    whole = (span * span).sum(1) > (0.9 * brush.width * unit) ** 2  # a stub would read as a tile
    paths, own, tint = paths[whole], own[whole], tint[whole]
    if not len(paths):
        return
    own = own + brush.jitter * (tint[:, :1] + np.float32(0.35) * tint[:, 1:])
    corner = np.asarray([columns.start, rows.start], np.float32)
    shape = (rows.stop - rows.start, columns.stop - columns.start)
    half = np.full(len(paths), brush.width * unit / 2, np.float32)
    half *= 1 + np.float32(0.18) * np.clip(tint[:, 0], -2, 2)
    laid = lay(paths - corner, half, shape)
    index = np.maximum(laid.stroke, 0)
    row = np.clip((laid.across + 1) * (ACROSS / 2), 0, ACROSS - 1).astype(np.int32)
    column = np.clip((laid.along + 1) * (ALONG / 2), 0, ALONG - 1).astype(np.int32)
    track = np.take(prints, (index % KINDS) * (ACROSS * ALONG) + row * ALONG + column)
    edge = np.abs(laid.across)
    cover = smoothstep(1.0, 1 - min(0.6, 2.2 / (brush.width * unit)), edge)
    cover *= smoothstep(1.02, 0.9, np.abs(laid.along))
    cover *= smoothstep(-0.02, 0.16, track + 0.5 - brush.dry * np.abs(laid.along) * 1.5)
    cover[laid.stroke < 0] = 0
    colour = np.take(own, index, axis=0) + ((track - np.float32(0.5)) * np.float32(2.4 * brush.jitter))[..., None]
    view = canvas.colour[rows, columns]
    view += (colour - view) * cover[..., None]
    ridge = track * np.float32(0.7) + np.float32(0.5) * smoothstep(0.55, 0.95, edge)
    relief = canvas.height[rows, columns]
    relief += (ridge * np.float32(brush.relief * brush.width) + relief * np.float32(0.25) - relief) * cover


def lit(canvas: Canvas, strength: float, *, angle: float = -2.2, gloss: float = 0.12) -> Plane:
    """Colour 0..255 under a lamp at `angle`: the relief shades it, wet ridges shine.

    Lambert's law on the slope of the height field, with a power of it for the gloss
    (Hertzmann 2002, "Fast Paint Texture").
    """
    size = canvas.height.shape[0]
    unit = 1024 / size
    height = cv2.GaussianBlur(canvas.height, (0, 0), max(0.5, 0.8 / unit))
    gx, gy = cv2.Sobel(height, cv2.CV_32F, 1, 0), cv2.Sobel(height, cv2.CV_32F, 0, 1)
    slope = (gx * np.float32(np.cos(angle)) + gy * np.float32(np.sin(angle))) * np.float32(-1 / unit)
    slope = np.tanh(slope * np.float32(strength * 0.05))
    shine = np.clip(slope - np.float32(0.35), 0, 1) ** 2 * np.float32(gloss * 255 * 2)
    return canvas.colour * (1 + np.float32(0.22) * slope)[..., None] + shine[..., None]
