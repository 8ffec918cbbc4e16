"""Backgrounds of comic: rays, dots, speed lines, a blast, cosmic energy."""

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from likeness_model.painter.technique.halftone import halftone
from likeness_model.painter.technique.planes import Picture, Plane, grid, painted, smoothstep
from likeness_model.painter.technique.tone import Colour, gradient_map

Panel = Callable[[int, Sequence[Colour], np.random.Generator], Picture]

CENTRE = (0.5, 0.46)
KEY = (22, 16, 26)


def burst(size: int, colours: Sequence[Colour], rng: np.random.Generator) -> Picture:
    """Two-coloured rays, with dots of a third ink growing towards the corners."""
    field, ray, ink = colours
    radius, angle = _polar(size)
    count = int(rng.integers(9, 13))
    page = painted(_flat(size, field), ray, wedges(radius, angle, count, rng.random()))
    dots = halftone(smoothstep(0.42, 0.95, radius) * 0.6, pitch=1 / 46, angle=45)
    return painted(page, ink, dots)


def sky_dots(size: int, colours: Sequence[Colour], rng: np.random.Generator) -> Picture:
    """A sky in Ben-Day dots that swell from one corner to the other."""
    pale, deep, glow = colours
    x, y = grid(size)
    lean = np.float32(rng.uniform(-0.5, 0.5))
    slope = smoothstep(0.75, -0.05, y + lean * (x - 0.5))
    page = _flat(size, pale)
    radius, _ = _polar(size)
    page = painted(page, glow, smoothstep(0.75, 0.2, radius) * 0.85)
    return painted(page, deep, halftone(slope, pitch=1 / 34, angle=45))


def krackle(size: int, colours: Sequence[Colour], rng: np.random.Generator) -> Picture:
    """Cosmic energy: clusters of black dots along a glowing band."""
    deep, blaze, hot = colours
    radius, angle = _polar(size)
    turn = np.float32(rng.uniform(0, 2 * np.pi))
    wave = radius + 0.05 * np.cos(3 * angle + turn) + 0.03 * np.cos(7 * angle - turn)
    band = 1 - np.clip(np.abs(wave - 0.5) / 0.22, 0, 1)
    page = gradient_map(band, [(0.0, deep), (0.5, blaze), (0.78, hot), (1.0, (255, 255, 240))])
    black = np.zeros((size, size), np.uint8)
    for _ in range(46):
        middle = rng.uniform(0, 2 * np.pi)
        side = 1 if rng.random() < 0.62 else -1  # outside or inside the blaze
        for _ in range(int(rng.integers(5, 16))):
            theta = middle + rng.normal(0, 0.10)
            drift = abs(rng.normal(0, 0.05))
            bend = 0.05 * np.cos(3 * theta + turn) + 0.03 * np.cos(7 * theta - turn)
            at = 0.5 + side * (0.13 + drift) - bend
            dot = (0.006 + (0.32 if side > 0 else 0.12) * drift) * rng.uniform(0.5, 1.2)
            centre = (CENTRE[0] + at * np.cos(theta), CENTRE[1] + at * np.sin(theta))
            _disc(black, centre, dot, size)
    return painted(page, KEY, black.astype(np.float32) / 255)


def speed_lines(size: int, colours: Sequence[Colour], rng: np.random.Generator) -> Picture:
    """Focus lines: brush strokes that thin out towards the hero, over a dotted glow."""
    paper, ink, line = colours
    radius, _ = _polar(size)
    page = painted(
        _flat(size, paper), ink, halftone(smoothstep(0.3, 0.8, radius), pitch=1 / 46, angle=45)
    )
    return painted(page, line, strokes_inward(size, rng, count=110, inner=0.44))


def explosion(size: int, colours: Sequence[Colour], rng: np.random.Generator) -> Picture:
    """A blast behind the head: two jagged stars on a dotted field."""
    field, star, core = colours
    x, y = grid(size)
    radius, _ = _polar(size)
    dark = tuple(int(c * 0.62) for c in field)
    slope = smoothstep(0.1, 1.0, y) * 0.55 + 0 * x
    page = painted(_flat(size, field), dark, halftone(slope, pitch=1 / 40, angle=30))
    spikes = int(rng.integers(13, 17))
    outline = jagged_star(size, rng, spikes=spikes, inner=0.37, outer=0.60)
    page = painted(page, KEY, cv2.dilate(outline, _round_brush(size * 0.006)))
    page = painted(page, star, outline)
    inner = jagged_star(size, rng, spikes=spikes, inner=0.29, outer=0.45)
    return painted(page, core, inner)


def streaks(size: int, colours: Sequence[Colour], rng: np.random.Generator) -> Picture:
    """Slanted streaks of motion, dark to light."""
    deep, middle, light = colours
    x, y = grid(size)
    slant = (x * 0.82 + y * 0.57).astype(np.float32)
    page = gradient_map(np.clip(slant / 1.39, 0, 1), [(0.0, deep), (1.0, middle)])
    page = painted(page, deep, halftone(smoothstep(0.2, 0.9, y) + 0 * x, pitch=1 / 46, angle=57))
    bands = np.zeros((size, size), np.uint8)
    direction = np.array([0.82, -0.57])
    for _ in range(30):
        start = rng.random(2) * 1.3 - 0.15
        length, width = rng.uniform(0.2, 0.75), rng.uniform(0.002, 0.014)
        side = np.array([0.57, 0.82]) * width
        tip = start + direction * length
        widest = start + direction * length * 0.3
        _polygon(bands, [start, widest - side, tip, widest + side], size)
    return painted(page, light, bands.astype(np.float32) / 255)


def wedges(radius: Plane, angle: Plane, count: int, turn: float) -> Plane:
    """Every other one of `2 * count` equal wedges, with an edge one pixel wide."""
    size = radius.shape[0]
    phase = angle * (count / (2 * np.pi)) + turn
    fold = np.abs(phase - np.floor(phase) - 0.5) - 0.25
    per_pixel = count / (2 * np.pi * size) / np.maximum(radius, 1e-3)
    return np.clip(fold / per_pixel + 0.5, 0, 1)


def strokes_inward(size: int, rng: np.random.Generator, *, count: int, inner: float) -> Plane:
    """Tapering strokes from beyond the frame to a ragged circle of radius `inner`."""
    mask = np.zeros((size, size), np.uint8)
    for slot in range(count):
        theta = 2 * np.pi * (slot + rng.uniform(-0.4, 0.4)) / count
        start = inner + abs(rng.normal(0, 0.10))
        width = rng.uniform(0.25, 1.0) * 0.5 * np.pi / count
        points = [
            np.array(CENTRE) + r * np.array([np.cos(theta + o), np.sin(theta + o)])
            for r, o in ((start, 0.0), (1.1, -width), (1.1, width))
        ]
        _polygon(mask, points, size)
    return mask.astype(np.float32) / 255


def jagged_star(
    size: int, rng: np.random.Generator, *, spikes: int, inner: float, outer: float
) -> Plane:
    theta = 2 * np.pi * (np.arange(2 * spikes) + rng.uniform(-0.22, 0.22, 2 * spikes))
    theta /= 2 * spikes
    far = np.where(np.arange(2 * spikes) % 2, inner, outer) * rng.uniform(0.88, 1.15, 2 * spikes)
    mask = np.zeros((size, size), np.uint8)
    points = np.array(CENTRE) + far[:, None] * np.stack([np.cos(theta), np.sin(theta)], 1)
    _polygon(mask, list(points), size)
    return mask.astype(np.float32) / 255


def _polar(size: int) -> tuple[Plane, Plane]:
    x, y = grid(size)
    dx, dy = np.broadcast_arrays(x - CENTRE[0], y - CENTRE[1])
    radius, angle = cv2.cartToPolar(np.ascontiguousarray(dx), np.ascontiguousarray(dy))
    return radius, angle


def _flat(size: int, colour: Colour) -> Picture:
    return np.full((size, size, 3), colour, np.uint8)


def _disc(mask: Picture, centre: tuple[float, float], radius: float, size: int) -> None:
    at = [round(c * size * 16) for c in centre]
    cv2.circle(mask, at, round(radius * size * 16), 255, -1, cv2.LINE_AA, 4)


def _polygon(mask: Picture, points: Sequence[np.ndarray], size: int) -> None:
    corners = np.rint(np.array(points) * size * 16).astype(np.int32)
    cv2.fillPoly(mask, [corners], 255, cv2.LINE_AA, 4)


def _round_brush(radius: float) -> np.ndarray:
    side = 2 * max(1, round(radius)) + 1
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
