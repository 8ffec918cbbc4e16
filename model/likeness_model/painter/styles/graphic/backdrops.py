"""Vector backdrops for the cartoon: hills, a halo, stripes, confetti, a night sky, a sunset."""

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from likeness_model.painter.technique.planes import Picture, Plane, grid, painted
from likeness_model.painter.technique.tone import Colour, blend, gradient_map

Backdrop = Callable[[int, Sequence[Colour], np.random.Generator], Picture]


def hills(size: int, colours: Sequence[Colour], rng: np.random.Generator) -> Picture:
    """Blue sky, a pale sun, clouds, two ranges of hills."""
    sky, sun, far, near = colours
    page = _down(size, [(0.0, sky), (0.8, _lighter(sky, 0.55))])
    x = 0.2 + 0.6 * (rng.random() < 0.5)
    _disc(page, (x, 0.17), 0.13, _lighter(sun, 0.3))
    _disc(page, (x, 0.17), 0.10, sun)
    for _ in range(4):
        _cloud(page, (rng.uniform(0, 1), rng.uniform(0.06, 0.5)), rng.uniform(0.05, 0.09), rng)
    _ridge(page, far, 0.66, 0.05, rng)
    _ridge(page, near, 0.79, 0.04, rng)
    return page


def halo(size: int, colours: Sequence[Colour], rng: np.random.Generator) -> Picture:
    """Rings of colour around the head."""
    outer, middle, inner = colours
    page = np.full((size, size, 3), outer, np.uint8)
    turn = rng.uniform(0, np.pi)
    for k in range(24):
        theta = turn + k * np.pi / 12
        ray = [
            (0.5 + r * np.cos(theta + o), 0.46 + r * np.sin(theta + o))
            for r, o in ((0.0, 0.0), (1.1, -0.05), (1.1, 0.05))
        ]
        _polygon(page, ray, _lighter(outer, 0.14))
    _disc(page, (0.5, 0.46), 0.455, _lighter(middle, 0.25))
    _disc(page, (0.5, 0.46), 0.425, middle)
    _disc(page, (0.5, 0.46), 0.335, inner)
    return page


def stripes(size: int, colours: Sequence[Colour], rng: np.random.Generator) -> Picture:
    """Slanted stripes in two near tones, with a large plain disc."""
    dark, light, disc = colours
    x, y = grid(size)
    lean = np.float32(0.5 if rng.random() < 0.5 else -0.5)
    phase = (x + lean * y) * 9
    fold = np.abs(phase - np.floor(phase) - 0.5) - 0.25
    edge = np.clip(fold * (size / 9) + 0.5, 0, 1)
    page = painted(np.full((size, size, 3), dark, np.uint8), light, edge)
    centre = (0.5 + rng.uniform(-0.06, 0.06), 0.46)
    _disc(page, centre, 0.40, disc)
    return page


def confetti(size: int, colours: Sequence[Colour], rng: np.random.Generator) -> Picture:
    """Discs, rings, bars and triangles strewn at even distances."""
    ground, *inks = colours
    page = np.full((size, size, 3), ground, np.uint8)
    for row in range(8):
        for column in range(8):
            x, y = (np.array([column, row]) + 0.5 + rng.uniform(-0.3, 0.3, 2)) / 8
            _shape(page, (float(x), float(y)), rng.uniform(0.016, 0.03), rng, inks)
    return page


def night(size: int, colours: Sequence[Colour], rng: np.random.Generator) -> Picture:
    """A deep sky with stars, a large moon and far hills."""
    deep, low, moon, ridge = colours
    page = _down(size, [(0.0, deep), (0.9, low)])
    for _ in range(70):
        at = (rng.random(), rng.random() * 0.8)
        if rng.random() < 0.25:
            _sparkle(page, at, rng.uniform(0.010, 0.020), moon)
        else:
            _disc(page, at, rng.uniform(0.0015, 0.004), moon)
    x = 0.24 + 0.52 * (rng.random() < 0.5)
    _disc(page, (x, 0.24), 0.195, _lighter(low, 0.18))
    _disc(page, (x, 0.24), 0.16, moon)
    for dx, dy, r in ((-0.05, -0.03, 0.035), (0.06, 0.03, 0.026), (-0.01, 0.08, 0.018)):
        _disc(page, (x + dx, 0.24 + dy), r, _darker(moon, 0.08))
    _ridge(page, _darker(ridge, 0.35), 0.72, 0.05, rng)
    return page


def sunset(size: int, colours: Sequence[Colour], rng: np.random.Generator) -> Picture:
    """Bands of evening light, the sun behind the head, the sea below."""
    high, low, sun, sea = colours
    page = np.full((size, size, 3), high, np.uint8)
    for band in range(7):
        share = band / 6
        top = 0.10 * band + rng.uniform(-0.01, 0.01)
        tone = blend(high, low, share)
        wave = [(u, top + 0.012 * np.sin(7 * u + band * 2.1)) for u in np.linspace(0, 1, 40)]
        _polygon(page, [*wave, (1, 1), (0, 1)], tone)
    _disc(page, (0.5, 0.5), 0.40, blend(low, sun, 0.5))
    _disc(page, (0.5, 0.5), 0.35, sun)
    _polygon(page, [(0, 0.74), (1, 0.74), (1, 1), (0, 1)], sea)
    for row in range(7):
        y = 0.755 + row * 0.032
        for _ in range(4):
            x, half = rng.random(), rng.uniform(0.03, 0.09)
            _polygon(
                page,
                [(x - half, y), (x, y - 0.004), (x + half, y), (x, y + 0.004)],
                _lighter(sea, 0.3),
            )
    return page


def _shape(
    page: Picture,
    at: tuple[float, float],
    reach: float,
    rng: np.random.Generator,
    inks: Sequence[Colour],
) -> None:
    colour = inks[int(rng.integers(len(inks)))]
    kind, turn = int(rng.integers(4)), rng.uniform(0, 2 * np.pi)
    if kind == 0:
        _disc(page, at, reach * 0.8, colour)
    elif kind == 1:
        size = page.shape[0]
        centre = [round(c * size * 16) for c in at]
        width = max(1, round(reach * 0.45 * size))
        cv2.circle(page, centre, round(reach * size * 16), colour, width, cv2.LINE_AA, 4)
    else:
        corners = 3 if kind == 2 else 4
        angles = turn + 2 * np.pi * np.arange(corners) / corners
        if kind == 3:
            angles = turn + np.array([-0.25, 0.25, np.pi - 0.25, np.pi + 0.25])
        _polygon(
            page,
            [(at[0] + 1.4 * reach * np.cos(a), at[1] + 1.4 * reach * np.sin(a)) for a in angles],
            colour,
        )


def _cloud(page: Picture, at: tuple[float, float], reach: float, rng: np.random.Generator) -> None:
    x, y = at
    for dx, dy, share in ((-1.3, 0.25, 0.7), (-0.4, -0.2, 1.0), (0.6, 0.0, 0.85), (1.5, 0.3, 0.6)):
        grown = share * reach * rng.uniform(0.9, 1.1)
        _disc(page, (x + dx * reach, y + dy * reach), grown, (255, 255, 255))
    _polygon(
        page,
        [
            (x - 1.9 * reach, y + 0.55 * reach),
            (x + 2.0 * reach, y + 0.55 * reach),
            (x + 1.9 * reach, y + 0.9 * reach),
            (x - 1.8 * reach, y + 0.95 * reach),
        ],
        (255, 255, 255),
    )


def _ridge(
    page: Picture, colour: Colour, level: float, swing: float, rng: np.random.Generator
) -> None:
    u = np.linspace(-0.02, 1.02, 80)
    first, second = rng.uniform(0, 2 * np.pi, 2)
    v = level + swing * np.sin(4.2 * u + first) + 0.4 * swing * np.sin(9.7 * u + second)
    _polygon(page, [*zip(u, v, strict=True), (1.02, 1.02), (-0.02, 1.02)], colour)


def _sparkle(page: Picture, at: tuple[float, float], reach: float, colour: Colour) -> None:
    angles = np.arange(8) * np.pi / 4
    far = np.where(np.arange(8) % 2, 0.22, 1.0) * reach
    _polygon(
        page,
        list(zip(at[0] + far * np.cos(angles), at[1] + far * np.sin(angles), strict=True)),
        colour,
    )


def _down(size: int, stops: Sequence[tuple[float, Colour]]) -> Picture:
    _, y = grid(size)
    plane: Plane = np.ascontiguousarray(np.broadcast_to(y, (size, size)))
    return gradient_map(plane, stops)


def _disc(page: Picture, centre: tuple[float, float], radius: float, colour: Colour) -> None:
    size = page.shape[0]
    at = [round(c * size * 16) for c in centre]
    cv2.circle(page, at, round(radius * size * 16), colour, -1, cv2.LINE_AA, 4)


def _polygon(page: Picture, points: Sequence[tuple[float, float]], colour: Colour) -> None:
    corners = np.rint(np.array(points) * page.shape[0] * 16).astype(np.int32)
    cv2.fillPoly(page, [corners], colour, cv2.LINE_AA, 4)


def _lighter(colour: Colour, share: float) -> Colour:
    return blend(colour, (255, 255, 255), share)


def _darker(colour: Colour, share: float) -> Colour:
    return blend(colour, (0, 0, 0), share)
