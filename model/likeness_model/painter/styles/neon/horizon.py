"""Places for vaporwave: a barred sun over a grid, a temple, palms, a desktop, clouds, peaks."""

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from likeness_model.painter.styles.neon.scenery import (
    barred_sun,
    chequered,
    darker,
    dotted,
    draw_column,
    draw_palm,
    draw_window,
    draw_wire,
    gradient_sky,
    lighter,
    lit_floor,
    radius_from,
    starry,
    to_fixed,
    with_sea,
    with_wisps,
)
from likeness_model.painter.technique.light import bloom, lit
from likeness_model.painter.technique.noise import value_noise
from likeness_model.painter.technique.planes import Picture, grid, painted, smoothstep
from likeness_model.painter.technique.tone import Colour, blend, gradient_map

Place = Callable[[int, Sequence[Colour], np.random.Generator], Picture]


def sun_and_grid(size: int, colours: Sequence[Colour], rng: np.random.Generator) -> Picture:
    high, middle, low, sun, line = colours
    page = gradient_sky(size, (high, middle, low), 0.66)
    page = starry(page, rng, 90, 0.5)
    page = barred_sun(page, (0.5, 0.42), 0.36, sun, (255, 60, 150))
    return lit_floor(page, 0.66, darker(high, 0.45), line)


def temple(size: int, colours: Sequence[Colour], rng: np.random.Generator) -> Picture:
    """Columns on a chequered floor, under a pastel sky with a disc."""
    high, middle, low, marble, disc = colours
    page = gradient_sky(size, (high, middle, low), 0.72)
    page = with_wisps(page, rng, (255, 255, 255), 0.5)
    page = barred_sun(page, (0.5, 0.40), 0.33, lighter(disc, 0.2), disc)
    page = chequered(page, 0.72, lighter(middle, 0.4), darker(middle, 0.35))
    for x, scale in ((0.08, 1.0), (0.92, 1.0), (0.27, 0.62), (0.73, 0.62)):
        draw_column(page, x, scale, marble, darker(middle, 0.3))
    return page


def palms(size: int, colours: Sequence[Colour], rng: np.random.Generator) -> Picture:
    high, middle, low, sun, dark = colours
    page = gradient_sky(size, (high, middle, low), 0.72)
    page = starry(page, rng, 40, 0.3)
    page = barred_sun(page, (0.5, 0.46), 0.33, sun, (255, 90, 120))
    page = with_sea(page, 0.72, middle, sun, rng)
    lean = rng.uniform(-0.02, 0.02)
    for foot, crown in (
        ((0.10, 1.05), (0.12 + lean, 0.24)),
        ((-0.02, 1.05), (-0.01 + lean, 0.46)),
        ((0.90, 1.05), (0.88 + lean, 0.20)),
        ((1.01, 1.05), (1.02 + lean, 0.50)),
    ):
        draw_palm(page, foot, crown, dark, rng)
    return page


def desktop(size: int, colours: Sequence[Colour], rng: np.random.Generator) -> Picture:
    """Stacked windows of an old computer over a dotted wallpaper."""
    high, low, body, bar, accent = colours
    page = gradient_sky(size, (high, low), 1.0)
    page = dotted(page, lighter(high, 0.5))
    for left, top, right, bottom in (
        (0.04, 0.08, 0.62, 0.50),
        (0.46, 0.30, 0.97, 0.74),
        (0.10, 0.14, 0.90, 0.92),
    ):
        shift = rng.uniform(-0.02, 0.02, 2)
        corners = (left + shift[0], top + shift[1], right + shift[0], bottom + shift[1])
        draw_window(page, corners, body, (bar, accent))
    inside = page.copy()
    glow = smoothstep(0.42, 0.05, radius_from(size, (0.5, 0.48)))
    return painted(inside, lighter(low, 0.35), glow * 0.6)


def clouds(size: int, colours: Sequence[Colour], rng: np.random.Generator) -> Picture:
    high, middle, low, white, disc = colours
    page = gradient_sky(size, (high, middle, low), 1.0)
    page = barred_sun(page, (0.5, 0.42), 0.37, lighter(disc, 0.35), disc, bars=0)
    puffs = value_noise(rng, size, 4, octaves=5, stretch=1.8)
    _, y = grid(size)
    cover = smoothstep(0.05, 0.55, puffs + (y - 0.42) * 1.5)
    shade = smoothstep(-0.3, 0.9, value_noise(rng, size, 6, octaves=4, stretch=1.8))
    bank = gradient_map(
        shade, [(0.0, darker(middle, 0.06)), (0.5, lighter(low, 0.3)), (1.0, white)]
    )
    page = painted(page, bank, cover * 0.92)
    return starry(page, rng, 30, 0.6)


def peaks(size: int, colours: Sequence[Colour], rng: np.random.Generator) -> Picture:
    """Mountains of wire under a sky full of stars."""
    high, middle, low, sun, line = colours
    page = gradient_sky(size, (high, middle, low), 0.7)
    page = starry(page, rng, 160, 0.65)
    page = barred_sun(page, (0.5, 0.40), 0.30, (255, 214, 150), sun)
    light = np.zeros_like(page)
    u = np.linspace(-0.08, 1.08, 19)
    flank = np.clip(np.abs(u - 0.5) * 2.1, 0.12, 1.0)
    above = None
    for near in (0.0, 0.3, 0.6, 0.85, 1.0):
        crags = rng.uniform(0.35, 1.0, u.size) * flank * 0.30 * (1 - near)
        points = np.stack([u, 0.62 + 0.115 * near - crags], 1)
        body = np.vstack([points, [(1.1, 0.8), (-0.1, 0.8)]])
        for layer, ground in ((page, blend(high, middle, 0.5 * (1 - near))), (light, (0, 0, 0))):
            cv2.fillPoly(layer, [to_fixed(body, size)], ground, cv2.LINE_AA, 4)
        draw_wire(light, points, line, size)
        if above is not None:
            for k, (a, b) in enumerate(zip(above, points, strict=True)):
                draw_wire(light, np.array([a, b]), line, size)
                if k + 1 < u.size:
                    draw_wire(light, np.array([a, points[k + 1]]), line, size)
        above = points
    page = lit(lit(page, light), bloom(light, reach=0.02, strength=0.7))
    return lit_floor(page, 0.735, darker(high, 0.3), line)
