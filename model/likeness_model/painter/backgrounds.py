"""Backgrounds that several styles share: full resolution, seeded, (size, size, 3) uint8."""

from collections.abc import Sequence

import cv2
import numpy as np

from likeness_model.vision.records import Floats, Image

Colour = tuple[int, int, int]


def grid(size: int) -> tuple[Floats, Floats]:
    """Columns and rows as 0..1 planes."""
    rows, columns = np.mgrid[0:size, 0:size].astype(np.float32) / size
    return columns, rows


def blend(colours: Sequence[Colour], position: Floats) -> Image:
    """Colours along a 0..1 plane."""
    stops = np.linspace(0, 1, len(colours))
    table = np.array(colours, np.float32)
    planes = [np.interp(position, stops, table[:, channel]) for channel in range(3)]
    return np.clip(np.stack(planes, 2) + 0.5, 0, 255).astype(np.uint8)


def gradient(size: int, colours: Sequence[Colour], *, angle: float = 90.0) -> Image:
    """Straight; 90 degrees runs from the top to the bottom."""
    x, y = grid(size)
    turn = np.radians(angle)
    along = (x - 0.5) * np.cos(turn) + (y - 0.5) * np.sin(turn)
    reach = (abs(np.cos(turn)) + abs(np.sin(turn))) / 2
    return blend(colours, along / (2 * reach) + 0.5)


def glow(
    size: int, colours: Sequence[Colour], *, centre: tuple[float, float] = (0.5, 0.42)
) -> Image:
    """Round: from the first colour in the centre to the last in the corners."""
    x, y = grid(size)
    return blend(colours, np.clip(np.hypot(x - centre[0], y - centre[1]) / 0.75, 0, 1))


def rays(
    size: int,
    colours: Sequence[Colour],
    *,
    count: int = 16,
    centre: tuple[float, float] = (0.5, 0.45),
    turn: float = 0.0,
) -> Image:
    """Alternating wedges from a centre, anti-aliased."""
    x, y = grid(size)
    dx, dy = x - centre[0], y - centre[1]
    phase = (np.arctan2(dy, dx) / (2 * np.pi) + turn) * count * len(colours)
    # One pixel in units of the phase at this radius: the width over which wedges blend.
    pixel = count * len(colours) / (2 * np.pi * np.maximum(np.hypot(dx, dy), 1e-3) * size)
    index = np.floor(phase)
    edge = np.clip((phase - index) / np.maximum(pixel, 1e-6), 0, 1)[..., None]
    table = np.array(colours, np.float32)
    here = table[index.astype(int) % len(colours)]
    before = table[(index.astype(int) - 1) % len(colours)]
    return np.clip(before + (here - before) * edge + 0.5, 0, 255).astype(np.uint8)


def noise(
    size: int, rng: np.random.Generator, *, octaves: int = 6, roughness: float = 0.55
) -> Floats:
    """Fractal value noise, (size, size) float32, stretched to 0..1."""
    total = np.zeros((size, size), np.float32)
    for octave in range(octaves):
        cells = 2 ** (octave + 1) + 2
        if cells > size:
            break
        layer = cv2.resize(
            rng.random((cells, cells), np.float32), (size, size), interpolation=cv2.INTER_CUBIC
        )
        total += layer * roughness**octave
    low, high = float(total.min()), float(total.max())
    return (total - low) / max(high - low, 1e-6)


def bokeh(
    size: int, base: Image, colours: Sequence[Colour], rng: np.random.Generator, *, count: int = 40
) -> Image:
    """Soft discs of light over a base."""
    light = np.zeros((size, size, 3), np.float32)
    for _ in range(count):
        disc = np.zeros((size, size), np.float32)
        centre = (rng.random(2) * size).astype(int).tolist()
        radius = int(size * rng.uniform(0.015, 0.07))
        cv2.circle(disc, centre, radius, float(rng.uniform(0.08, 0.4)), -1, cv2.LINE_AA)
        light += disc[..., None] * np.array(colours[rng.integers(len(colours))], np.float32)
    light = cv2.GaussianBlur(light, (0, 0), max(1.0, size * 0.003))
    return np.clip(base + light, 0, 255).astype(np.uint8)


def vignette(image: Image, *, strength: float = 0.35) -> Image:
    x, y = grid(image.shape[0])
    dark = 1 - strength * np.clip(np.hypot(x - 0.5, y - 0.5) / 0.72, 0, 1) ** 2.2
    return np.clip(image * dark[..., None] + 0.5, 0, 255).astype(np.uint8)
