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
    plain,
    resized,
    rgb,
    smoothstep,
    to_picture,
    to_planes,
)
from likeness_model.painter.technique.tone import Colour


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
UNDERPAINTING = np.array((112, 82, 58), np.float32)

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
    target = mix(behind, warmed(scene), scene.alpha) * 255
    field = stroke_field(target, scene.alpha, motion, half)
    canvas = Canvas(
        mix(blur(target, size / 60), UNDERPAINTING, 0.25),
        6 * weave(rng, size, 170),
    )
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
            target,
            field,
            brush=brush,
            prints=prints,
            rng=rng,
            chance=chance,
            window=window,
        )
    restate(canvas, target, field, scene, 0.7 + 0.3 * variation.mildness)
    canvas.height *= 1 - 0.5 * scene.bare  # the shadows of thick paint would darken skin
    return to_picture(lit(canvas, 1.0) / 255)


def restate(canvas: Canvas, target: Plane, field: Orientation, scene: Scene, share: float) -> None:
    """Retouch eyes, brows and mouth, by which a face is recognised, with a brush without tracks."""
    size, half = scene.size, field.shape[0]
    parts = np.maximum(np.maximum(scene.eyes, scene.mouth), 0.8 * scene.lips)
    parts = np.maximum(parts, 0.6 * scene.brows)
    grown = cv2.dilate(resized(parts, half), np.ones((half // 90 | 1,) * 2))
    parts = blur(grown, half / 120)
    rows, columns = around(parts > 0.02, size)
    cover = resized(parts, size)[rows, columns] * share
    small = smear(resized(target, half), field, 1.5)
    touch = 0.6 * target + 0.4 * resized(small, size)
    view = canvas.colour[rows, columns]
    view += (touch[rows, columns] - view) * cover[..., None]
    canvas.height[rows, columns] *= 1 - 0.6 * cover


def warmed(scene: Scene) -> Plane:
    """The photo as planes 0..1 with the chroma of oil colours; lightness and skin do not change."""
    lab = cv2.cvtColor(to_planes(scene.foreground), cv2.COLOR_RGB2LAB)
    lightness, a, b = cv2.split(lab)
    chroma = 1.18 - 0.18 * scene.bare
    oily = cv2.cvtColor(cv2.merge([lightness, a * chroma, b * chroma]), cv2.COLOR_LAB2RGB)
    return np.clip(oily, 0, 1)


def ground_colour(ground: Ground, rng: np.random.Generator, size: int) -> tuple[Plane, Orientation]:
    """Colour 0..1 behind the sitter, lit from the upper left, and the brush's direction on it."""
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
    return resized(colour, size), at_angle(angles[ground.motion].astype(np.float32), side)


def stroke_field(target: Plane, alpha: Plane, motion: Orientation, size: int) -> Orientation:
    """Along the sitter's forms; in the background along the brush's motion."""
    field = along_edges(resized(np.clip(target, 0, 255).astype(np.uint8), size), size / 110)
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
