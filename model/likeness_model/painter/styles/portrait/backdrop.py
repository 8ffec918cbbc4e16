"""Studio backdrops: (size, size, 3) float32 RGB of 0..1, out of focus as behind a portrait lens."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from likeness_model.painter.technique.noise import value_noise, warp
from likeness_model.painter.technique.planes import Plane, blur, grid, mix, plain, smoothstep

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Mood:
    """The colours of a session: shadow, body and highlight of the backdrop, the rim light, and the
    make-up as CIE Lab (a, b)."""

    deep: Colour
    body: Colour
    light: Colour
    rim: Colour
    lips: tuple[float, float]
    shadow: tuple[float, float]


def spotlight(mood: Mood, size: int, rng: np.random.Generator) -> Plane:
    """Seamless paper, lit behind the head."""
    x, y = grid(size)
    lean = rng.uniform(-0.12, 0.12)
    away = np.hypot((x - 0.5 - lean) * 1.05, y - 0.40)
    cloth = value_noise(rng, size, 4, octaves=4) * 0.045
    return _ramp(mood, smoothstep(0.72, 0.0, away.astype(np.float32)) * 0.85 + cloth)


def silk(mood: Mood, size: int, rng: np.random.Generator) -> Plane:
    """Hanging folds that catch the light from one side."""
    x, y = grid(size)
    bend = value_noise(rng, size, 3, octaves=2, stretch=0.4) * 0.045
    lean = np.float32(rng.uniform(-0.3, 0.3))
    phase = (x + lean * y + bend) * (2 * np.pi * rng.uniform(3.2, 4.6))
    sheet = np.sin(phase) + 0.4 * np.sin(phase * 2.3 + 1)
    sheen = smoothstep(-1.2, 1.4, sheet.astype(np.float32)) ** 1.5
    fall = smoothstep(1.25, 0.1, np.hypot(x - 0.5, y - 0.3).astype(np.float32))
    return blur(_ramp(mood, sheen * (0.25 + 0.5 * fall)), size * 0.008)


def lights(mood: Mood, size: int, rng: np.random.Generator) -> Plane:
    """Lamps of a city at night, far out of focus."""
    x, y = grid(size)
    base = smoothstep(1.1, 0.1, np.hypot(x - 0.5, y - 0.55).astype(np.float32)) * 0.45
    picture = _ramp(mood, base)
    for depth in (0.030, 0.052, 0.080):
        layer = np.zeros((size, size), np.float32)
        for _ in range(11):
            centre = np.round(rng.random(2) * size * [1, 0.85]).astype(int).tolist()
            radius = max(2, round(size * depth * rng.uniform(0.8, 1.2)))
            disc = np.zeros_like(layer)
            glow = float(rng.uniform(0.10, 0.36))
            cv2.circle(disc, centre, radius, glow * 0.7, -1, cv2.LINE_AA)
            cv2.circle(disc, centre, radius, glow, max(1, radius // 7), cv2.LINE_AA)
            layer = np.maximum(layer, disc)
        tint = mood.light if depth != 0.052 else mood.rim
        layer = blur(layer, size * 0.0022)
        picture = mix(picture, plain(np.array(tint, np.float32), size), layer)
    return picture


def beams(mood: Mood, size: int, rng: np.random.Generator) -> Plane:
    """Late light through a window, in soft slanting bars on a wall."""
    x, y = grid(size)
    slant = np.float32(rng.choice([-1, 1]) * rng.uniform(0.5, 0.8))
    across = x + slant * y + rng.uniform(0, 1)
    bars = smoothstep(0.15, 0.75, np.sin(across * (2 * np.pi * 2.1)).astype(np.float32))
    grain = value_noise(rng, size, 5, octaves=5) * 0.05
    near = smoothstep(1.0, 0.2, np.hypot(x - 0.5, y - 0.4).astype(np.float32))
    tone = 0.24 + 0.48 * blur(bars, size * 0.018) * near + grain
    return _ramp(mood, tone)


def smoke(mood: Mood, size: int, rng: np.random.Generator) -> Plane:
    """Coloured haze drifting behind the sitter."""
    x, y = grid(size)
    dx = value_noise(rng, size, 3, octaves=3) * (0.09 * size)
    dy = value_noise(rng, size, 3, octaves=3) * (0.09 * size)
    haze = warp(value_noise(rng, size, 2.5, octaves=5), dx, dy)
    near = smoothstep(0.85, 0.1, np.hypot(x - 0.5, y - 0.45).astype(np.float32))
    body = 0.18 + 0.42 * near * smoothstep(-0.6, 0.9, haze)
    picture = _ramp(mood, body)
    side = smoothstep(0.15, 0.9, np.broadcast_to(x, (size, size)).astype(np.float32))
    glow = side * smoothstep(0.1, 0.9, haze) * 0.35
    return mix(picture, plain(np.array(mood.rim, np.float32), size), glow)


Backdrop = Callable[[Mood, int, np.random.Generator], Plane]
BACKDROPS: tuple[Backdrop, ...] = (spotlight, lights, silk, smoke, beams)


def _ramp(mood: Mood, tone: Plane) -> Plane:
    stops = np.array([mood.deep, mood.body, mood.light], np.float32)
    tone = np.clip(tone, 0, 1)
    return cv2.merge(
        [np.interp(tone, (0, 0.5, 1), stops[:, c]).astype(np.float32) for c in range(3)]
    )
