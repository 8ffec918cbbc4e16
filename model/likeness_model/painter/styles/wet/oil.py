"""Oil: brush strokes from coarse to fine along the forms, with relief that catches the light."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from likeness_model.painter.registry import Scene, Variation, paints
from likeness_model.painter.technique.brush import Brush, Canvas, brush_prints, lit, paint
from likeness_model.painter.technique.flow import Orientation, along_edges, at_angle, settled, smear
from likeness_model.painter.technique.noise import value_noise
from likeness_model.painter.technique.paper import weave
from likeness_model.painter.technique.planes import (
    Picture,
    Plane,
    blur,
    grid,
    mix,
    painted,
    plain,
    resized,
    rgb,
    smoothstep,
    to_picture,
)
from likeness_model.painter.technique.tone import Colour, saturated


@dataclass(frozen=True, slots=True)
class Ground:
    """The background: shade, body and accent, and the movement of the brush."""

    colours: tuple[Colour, Colour, Colour]
    motion: str


GROUNDS = (
    Ground(((34, 27, 24), (112, 82, 56), (150, 104, 60)), "studio"),
    Ground(((28, 58, 122), (98, 152, 204), (240, 204, 104)), "swirl"),
    Ground(((190, 112, 96), (236, 192, 152), (250, 224, 190)), "slant"),
    Ground(((20, 74, 80), (72, 140, 132), (214, 176, 112)), "drift"),
    Ground(((92, 74, 128), (182, 150, 196), (244, 200, 172)), "swirl"),
    Ground(((66, 92, 54), (138, 158, 84), (232, 204, 132)), "drift"),
    Ground(((120, 34, 36), (178, 74, 52), (226, 150, 84)), "studio"),
    Ground(((122, 134, 148), (190, 200, 206), (236, 228, 212)), "slant"),
)
UNDERPAINTING = (112, 82, 58)

BROAD = Brush(width=54, length=190, density=2.6, fidelity=60, jitter=11, dry=0.4)
BODY = Brush(width=26, length=100, density=2.6, fidelity=34, jitter=7)
FORM = Brush(width=13, length=52, density=2.5, fidelity=24, jitter=4.5, dry=0.3)
FACE = Brush(width=7.5, length=32, density=2.6, fidelity=17, jitter=3.0, relief=0.75, dry=0.25)
FEATURE = Brush(width=4.6, length=20, density=2.6, fidelity=14, jitter=1.4, relief=0.6, dry=0.2)
FINEST = Brush(width=2.6, length=11, density=2.8, fidelity=14, jitter=0.8, relief=0.3, dry=0.2)


@paints("oil")
def oil(scene: Scene, variation: Variation) -> Picture:
    """Paint the sitter in six layers of bristle strokes, light them, and show the canvas.

    Layers from coarse to fine after Hertzmann 1998; here the sitter's masks place each layer.
    """
    rng = variation.rng()
    size, half = scene.size, scene.size // 2
    ground = variation.pick_background(GROUNDS)
    behind, motion = ground_colour(ground, rng, size)
    target = painted(behind, warmed(scene), scene.alpha)
    small = resized(target, half)
    field = stroke_field(small, scene.alpha, motion)
    under = cv2.merge([np.full((half, half), c, np.uint8) for c in UNDERPAINTING])
    under = cv2.addWeighted(blur(small, half / 60), 0.75, under, 0.25, 0)
    canvas = Canvas(resized(under, size).astype(np.float32), 6 * weave(rng, size, 170))
    prints = brush_prints(rng)
    detail, alpha = resized(scene.detail, half), resized(scene.alpha, half)
    fine = np.float32(0.35 * variation.mildness)
    person = smoothstep(0.1, 0.6, alpha)
    behind = 1 - smoothstep(0.9, 1.0, blur(alpha, half / 60))
    rim = smoothstep(0.05, 0.3, alpha) * smoothstep(0.98, 0.7, blur(alpha, half / 90))
    rim *= smoothstep(0.08, 0.0, grid(half)[1] - scene.mesh[152, 1] / size)  # around the head
    for brush, chance in (
        (BROAD, behind),
        (BODY, np.maximum(person, 0.25)),
        (FORM, np.maximum(person, rim)),
        (FACE, np.maximum(smoothstep(0.25, 0.45, detail), 0.9 * rim)),
        (FEATURE, smoothstep(0.55, 0.85, detail + fine)),
        (FINEST, smoothstep(0.86, 1.0, detail + fine)),
    ):
        window = around(chance > 0.02, size)
        paint(
            canvas,
            target if brush is FINEST else small,
            field,
            brush=brush,
            prints=prints,
            rng=rng,
            chance=chance,
            window=window,
        )
    restate(canvas, target, field, scene, 0.7 + 0.3 * variation.mildness)
    canvas.height *= 1 - 0.5 * scene.bare  # the shadows of thick paint would darken skin
    return lit(canvas, 1.0)


def restate(
    canvas: Canvas, target: Picture, field: Orientation, scene: Scene, share: float
) -> None:
    """Retouch eyes, brows and mouth, by which a face is recognised, with a brush without tracks."""
    half = field.shape[0]
    parts = np.maximum(np.maximum(scene.eyes, scene.mouth), 0.8 * scene.lips)
    parts = np.maximum(parts, 0.6 * scene.brows)
    grown = cv2.dilate(resized(parts, half), np.ones((half // 90 | 1,) * 2))
    parts = blur(grown, half / 120)
    coarse = around(parts > 0.02, half)
    rows, columns = (slice(2 * span.start, 2 * span.stop) for span in coarse)
    there = target[rows, columns]
    wide = there.shape[1::-1]
    cover = cv2.resize(parts[coarse], wide, interpolation=cv2.INTER_CUBIC) * share
    small = smear(resized(target, half)[coarse], field[coarse], 1.5)
    small = cv2.resize(small, wide, interpolation=cv2.INTER_CUBIC)
    touch = cv2.addWeighted(there, 0.6, small, 0.4, 0, dtype=cv2.CV_32F)
    view = canvas.colour[rows, columns]
    view[:] = mix(view, touch, cover)
    canvas.height[rows, columns] *= 1 - 0.6 * cover


def warmed(scene: Scene) -> Picture:
    """The photo with the chroma of oil colours; lightness and skin do not change."""
    return saturated(scene.foreground, 1.18, scene.bare)


def ground_colour(
    ground: Ground, rng: np.random.Generator, size: int
) -> tuple[Picture, Orientation]:
    """The colour behind the sitter, lit from the upper left, and the brush's direction on it."""
    side = size // 4
    shade, body, accent = (rgb(c) for c in ground.colours)
    x, y = grid(side)
    from_light = np.square(x - 0.32) + np.square(y - 0.40)
    glow = np.exp(-4.5 * from_light).astype(np.float32)
    mottle = value_noise(rng, side, 3, octaves=5)
    half_tones = 0.55 * mottle + 1.5 * glow - 0.55
    colour = mix(plain(shade, side), body, smoothstep(-0.75, 0.75, half_tones))
    touch = value_noise(rng, side, 4, octaves=5)
    strong = 0.85 if ground.motion != "studio" else 0.45
    lights = 0.8 * touch + glow - 0.35
    colour = mix(colour, accent, strong * smoothstep(0.15, 0.75, lights))
    drift = value_noise(rng, side, 2.5)
    angles = {
        "studio": 1.1 * drift + 0.8,
        "slant": 0.3 * drift + rng.choice((0.75, -0.75)),
        "drift": 0.55 * drift + 0.1,
        "swirl": np.arctan2(y - 0.40, x - 0.5) + np.pi / 2 + 0.45 * drift,
    }
    behind = resized(to_picture(colour), size)
    return behind, at_angle(angles[ground.motion].astype(np.float32), side)


def stroke_field(target: Picture, alpha: Plane, motion: Orientation) -> Orientation:
    """Along the sitter's forms; in the background along the brush's motion."""
    size = target.shape[0]
    field = along_edges(target, size / 110)
    sitter = resized(alpha, size)[..., None]
    motion = resized(motion, size)
    field = field * sitter + motion * (0.8 * (1 - sitter) + 0.03)
    return settled(field, size / 110)


def around(where: NDArray[np.bool_], size: int) -> tuple[slice, slice]:
    """Rows and columns of a `size` px picture that hold a mask, with a margin of a 25th."""
    if not where.any():
        return slice(0, size), slice(0, size)
    factor, margin = size / where.shape[0], size // 25
    spans = []
    for axis in (1, 0):
        held = np.flatnonzero(where.any(axis=axis))
        low = int(held[0] * factor) - margin
        spans.append(slice(max(0, low), min(size, int(held[-1] * factor) + margin)))
    return spans[0], spans[1]
