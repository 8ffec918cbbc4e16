"""Nebulae, stars and galaxies, computed from noise: float32 RGB of 0..1, (size, size, 3)."""

from dataclasses import dataclass

import cv2
import numpy as np

from likeness_model.painter.technique.noise import value_noise, warp
from likeness_model.painter.technique.planes import Plane, grid, resized, smoothstep

Colour = tuple[float, float, float]
NEBULA = 512  # side of the grid for gas, which has no finer structure
STAR_COLOURS = ((0.72, 0.82, 1.0), (1.0, 1.0, 1.0), (1.0, 0.95, 0.84), (1.0, 0.80, 0.62))


@dataclass(frozen=True)
class Palette:
    """A sky: gas from the void to the brightest, the light on edges, and the sitter's shadows,
    middle tones and lights."""

    gas: tuple[Colour, Colour, Colour, Colour, Colour]
    rim: Colour
    sitter: tuple[Colour, Colour, Colour]


def coloured(tone: Plane, stops: tuple[Colour, ...]) -> Plane:
    table = np.array(stops, np.float32)
    places = np.linspace(0, 1, len(stops))
    tone = np.clip(tone, 0, 1)
    return cv2.merge([np.interp(tone, places, table[:, c]).astype(np.float32) for c in range(3)])


def nebula(
    palette: Palette, size: int, rng: np.random.Generator, *, fill: float = 0.0, cells: float = 2.2
) -> Plane:
    """Glowing gas: noise folded by noise, lanes of dust before it. `fill` 0 leaves mostly void,
    0.5 covers the sky."""
    dx, dy, density, lanes = (cloud(rng, cells, slope) for slope in (2.6, 2.6, 2.0, 2.3))
    reach = np.float32(0.085 * NEBULA)
    bent = warp(warp(density, dy * reach * 0.5, dx * reach), dx * reach, dy * reach)
    folds = warp(1 - np.abs(lanes) * 1.2, dy * reach, dx * reach)
    dust = smoothstep(0.62, 1.05, folds) * smoothstep(-0.5, 0.5, dx)
    tone = 0.30 + fill + 0.30 * bent
    tone = tone * (1 - 0.42 * dust)
    picture = coloured(tone, palette.gas)
    # A second gas of the neighbouring colour, so that one hue never fills the picture.
    other = smoothstep(0.0, 1.3, dx) * np.clip(tone, 0, 1)
    tint = np.array(palette.rim, np.float32) * 0.30
    picture = 1 - (1 - picture) * (1 - other[..., None] * tint)
    return resized(picture, size)


def cloud(rng: np.random.Generator, cells: float, slope: float) -> Plane:
    """Noise whose amplitude falls with frequency to the power of `slope`, deviation 1: it has no
    grid that a slow gradient would show. (NEBULA, NEBULA), the same for every picture size."""
    down = np.fft.fftfreq(NEBULA, 1 / NEBULA)[:, None]
    across = np.fft.rfftfreq(NEBULA, 1 / NEBULA)[None, :]
    frequency = np.hypot(down, across)
    amplitude = 1 / np.maximum(frequency, cells * 0.6) ** slope
    amplitude[0, 0] = 0
    phase = rng.random(frequency.shape) * (2 * np.pi)
    noise = np.fft.irfft2(amplitude * np.exp(1j * phase), s=(NEBULA, NEBULA))
    return np.asarray(noise / noise.std(), np.float32)


def stars(size: int, rng: np.random.Generator, *, count: int, bright: int) -> Plane:
    """A field of stars, few bright and many faint (numbers grow as brightness falls, power law),
    the brightest with the spikes of a mirror telescope."""
    light = np.zeros((size, size, 3), np.float32)
    places = rng.random((count, 2)).astype(np.float32)
    power = (rng.pareto(1.3, count) * 0.10 + 0.05).clip(0, 0.9).astype(np.float32)
    hues = np.array(STAR_COLOURS, np.float32)[rng.integers(0, len(STAR_COLOURS), count)]
    columns, rows = np.minimum((places * size).astype(int), size - 1).T
    gain = max(0.35, (size / 1024) ** 0.5)
    np.maximum.at(light, (rows, columns), hues * power[:, None] * (3.2 * gain))
    light = cv2.GaussianBlur(light, (0, 0), max(0.5, size * 0.0007))
    for place in range(bright):
        x, y = rng.random(2) * size
        hue = np.array(STAR_COLOURS[place % len(STAR_COLOURS)], np.float32)
        _add_bright(light, float(x), float(y), size * rng.uniform(0.010, 0.026), hue)
    return np.clip(light, 0, 1)


def spiral(palette: Palette, size: int, rng: np.random.Generator) -> Plane:
    """A galaxy seen at a slant behind the head: two logarithmic arms about a bright heart."""
    x, y = grid(size)
    turn = np.float32(rng.uniform(-0.6, 0.6))
    dx, dy = x - 0.5, y - 0.36
    along = dx * np.cos(turn) + dy * np.sin(turn)
    across = (dy * np.cos(turn) - dx * np.sin(turn)) * 2.1
    radius = np.hypot(along, across) + 1e-3
    angle = np.arctan2(across, along)
    ragged = value_noise(rng, size, 6, octaves=5)
    phase = 2 * (angle - 2.6 * np.log(radius)) + ragged * 0.9
    arms = (0.5 + 0.5 * np.cos(phase)) ** 1.6
    disc = np.exp(-radius * 3.6)
    clumps = 0.75 + 0.35 * value_noise(rng, size, 18, octaves=4)
    heart = np.exp(-((radius * 7) ** 2))
    tone = disc * (0.16 + 1.1 * arms * clumps) + heart * 0.6
    return coloured(tone, palette.gas)


def horizon(palette: Palette, size: int, rng: np.random.Generator) -> Plane:
    """The limb of a world with the sun behind it: a thin bright air over a dark disc."""
    x, y = grid(size)
    centre = (rng.choice([-0.12, 1.12]), 1.22)
    away = (np.hypot(x - centre[0], y - centre[1]) - np.float32(0.95)).astype(np.float32)
    sun = np.exp(-np.hypot(x - 0.5, y - 0.52) * 2.4).astype(np.float32)
    air = np.exp(-np.maximum(away, 0) * 13) * (away > 0)
    edge = np.exp(-((away * 120) ** 2))
    ground = smoothstep(0.0, -0.12, away) * -0.12
    tone = (air * 0.9 + edge * 0.8) * (0.25 + sun) + ground
    return coloured(tone, palette.gas)


def eclipse(palette: Palette, size: int, rng: np.random.Generator) -> Plane:
    """A ring of light with a corona of rays, behind the head like a halo."""
    x, y = grid(size)
    dx, dy = x - 0.5, y - 0.37
    radius = np.hypot(dx, dy)
    angle = np.arctan2(dy, dx)
    turns = np.tile(rng.random((1, 720), np.float32), 3)  # a blur does not wrap around
    table = np.ascontiguousarray(cv2.GaussianBlur(turns, (0, 0), 3)[:, 720:1440])
    table = (table - table.min()) / np.ptp(table)
    place = ((angle / (2 * np.pi) + 0.5) * 719).astype(np.float32)
    rays = cv2.remap(table, place, np.zeros_like(place), cv2.INTER_LINEAR)
    outside = np.maximum(radius - 0.335, 0)
    corona = np.exp(-outside * (6 + 9 * rays)) * (radius > 0.335)
    ring = np.exp(-(((radius - 0.335) * 95) ** 2))
    inside = smoothstep(0.36, 0.0, radius.astype(np.float32)) * 0.10
    tone = corona * 0.62 + ring * 0.75 + inside
    return coloured(tone, palette.gas)


def _add_bright(light: Plane, x: float, y: float, reach: float, hue: np.ndarray) -> None:
    size = light.shape[0]
    left, top = max(0, int(x - reach)), max(0, int(y - reach))
    right, bottom = min(size, int(x + reach) + 2), min(size, int(y + reach) + 2)
    dx = (np.arange(left, right, dtype=np.float32) - x)[None, :] / reach
    dy = (np.arange(top, bottom, dtype=np.float32) - y)[:, None] / reach
    radius = np.hypot(dx, dy)
    thin = max(0.045, 0.9 / reach)
    core = np.exp(-((radius / 0.12) ** 2)) + 0.35 * np.exp(-((radius / 0.35) ** 2))
    cross = np.exp(-np.abs(dx) * 4 - (dy / thin) ** 2) + np.exp(-np.abs(dy) * 4 - (dx / thin) ** 2)
    shine = (core + 0.8 * cross) * np.clip(1 - radius, 0, 1)
    light[top:bottom, left:right] += shine[..., None].astype(np.float32) * hue
