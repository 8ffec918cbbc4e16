"""Places for the cyberpunk night: street lights, a skyline, signs, data rain, rings, a tunnel."""

from collections.abc import Callable

import cv2
import numpy as np

from likeness_model.painter.styles.neon.street import (
    DRAWN,
    Neon,
    draw_lamp,
    draw_sign,
    draw_ticks,
    dusk,
    glyph_cells,
    tower_row,
    warmed,
    window_lights,
)
from likeness_model.painter.technique.light import bloom, coloured, lit
from likeness_model.painter.technique.planes import Picture, blur, grid, resized, smoothstep
from likeness_model.painter.technique.tone import Colour, blend, gradient_map

Place = Callable[[int, Neon, np.random.Generator], Picture]


def street(size: int, neon: Neon, rng: np.random.Generator) -> Picture:
    """A street full of lamps, far out of focus."""
    page = dusk(neon)
    far = tower_row(rng, count=16, low=0.25, high=0.75)
    page = lit(page, window_lights(far, neon, rng, density=0.25))
    page = cv2.GaussianBlur(page, (0, 0), 5.0)
    lamps = np.zeros_like(page)
    for _ in range(70):
        left = rng.random() < 0.5
        x = rng.normal(0.18 if left else 0.82, 0.2)
        y = np.clip(rng.normal(0.52, 0.22), 0, 1)
        colour = warmed(neon[0] if left else neon[1], rng, 0.25)
        draw_lamp(lamps, (x, y), rng.uniform(0.012, 0.055), colour, rng.uniform(0.12, 0.55))
    lamps = cv2.GaussianBlur(lamps, (0, 0), 1.3)
    page = lit(page, lamps)
    return resized(lit(page, bloom(lamps, reach=0.06, strength=0.6)), size)


def skyline(size: int, neon: Neon, rng: np.random.Generator) -> Picture:
    """Towers in layers of haze before a low sun."""
    left, right, dark = neon
    _, y = grid(DRAWN)
    fall = np.repeat(y, DRAWN, 1)
    page = gradient_map(
        fall, [(0.0, dark), (0.45, blend(dark, right, 0.45)), (0.8, left), (1.0, dark)]
    )
    sun = np.zeros_like(page)
    draw_lamp(sun, (rng.uniform(0.25, 0.75), 0.42), 0.19, left, 0.9)
    page = lit(page, lit(cv2.GaussianBlur(sun, (0, 0), 2.0), bloom(sun, reach=0.1, strength=0.7)))
    for layer in range(4):
        share = layer / 3
        block = tower_row(
            rng, count=10 + 3 * layer, low=0.55 - 0.13 * layer, high=0.92 - 0.16 * layer
        )
        colour = blend(blend(right, left, 0.12), dark, 0.30 + 0.65 * share)
        page[block > 0] = colour
        if layer:
            page = lit(page, window_lights(block, neon, rng, density=0.05 + 0.10 * share))
        page = cv2.GaussianBlur(page, (0, 0), 3.2 - 2.2 * share)
    glow = cv2.subtract(page, np.full_like(page, 110))
    return resized(lit(page, bloom(glow, reach=0.05, strength=0.6)), size)


def signs(size: int, neon: Neon, rng: np.random.Generator) -> Picture:
    """Upright signs in an invented script, hung in depth along a dark street."""
    page = dusk(neon)
    far = window_lights(tower_row(rng, count=12, low=0.5, high=0.95), neon, rng, density=0.16)
    page = lit(page, cv2.GaussianBlur(far, (0, 0), 4.0))
    tubes = np.zeros_like(page)
    for depth in (0.45, 0.7, 1.0):
        layer = np.zeros_like(page)
        for slot in range(3):
            for edge in (-1, 1):
                x = 0.5 + edge * (0.27 + 0.10 * slot + rng.uniform(-0.03, 0.04)) * (
                    0.7 + 0.4 * depth
                )
                y = rng.uniform(0.02, 0.55)
                draw_sign(layer, (x, y), 0.030 + 0.034 * depth, neon[int(rng.integers(2))], rng)
        soft = cv2.GaussianBlur(layer, (0, 0), 4.5 - 3.4 * depth)
        tubes = lit(tubes, cv2.convertScaleAbs(soft, alpha=0.35 + 0.5 * depth))
    page = lit(page, tubes)
    return resized(lit(page, bloom(tubes, reach=0.07, strength=0.9)), size)


def data_rain(size: int, neon: Neon, rng: np.random.Generator) -> Picture:
    """Columns of falling glyphs, each with a bright head and a fading tail."""
    columns, rows, cell = 40, 40, DRAWN // 40
    cover = np.zeros((rows, columns), np.float32)
    for column in range(columns):
        for _ in range(int(rng.integers(1, 3))):
            head, tail = int(rng.integers(0, rows + 12)), int(rng.integers(8, 24))
            for step in range(tail):
                if 0 <= head - step < rows:
                    bright = (1 - step / tail) ** 1.6
                    cover[head - step, column] = max(cover[head - step, column], bright)
    light = cv2.resize(cover, (DRAWN, DRAWN), interpolation=cv2.INTER_NEAREST)
    light = light * glyph_cells(rng, rows, columns, cell)
    wide = resized(light, DRAWN)
    x = np.repeat(grid(DRAWN)[0], DRAWN, 0)
    wide = wide * 1.5
    rain_light = cv2.add(
        coloured(wide * (1 - smoothstep(0.2, 0.8, x)), neon[0]),
        coloured(wide * smoothstep(0.2, 0.8, x), neon[1]),
    )
    page = lit(dusk(neon), cv2.GaussianBlur(rain_light, (0, 0), 0.8))
    return resized(lit(page, bloom(rain_light, reach=0.03, strength=0.8)), size)


def rings(size: int, neon: Neon, rng: np.random.Generator) -> Picture:
    """A hologram's rings and ticks around the head."""
    page = resized(dusk(neon), size)
    light = np.zeros_like(page)
    centre = [round(c * size * 16) for c in (0.5, 0.44)]
    for ring in range(7):
        radius = 0.24 + 0.048 * ring + rng.uniform(-0.008, 0.008)
        colour = neon[ring % 2]
        start, sweep = rng.uniform(0, 360), rng.uniform(120, 330)
        width = max(1, round(size * rng.choice([0.0015, 0.003, 0.007])))
        axes = [round(radius * size * 16)] * 2
        cv2.ellipse(light, centre, axes, 0, start, start + sweep, colour, width, cv2.LINE_AA, 4)
        if ring % 3 == 1:
            draw_ticks(light, radius + 0.014, neon[(ring + 1) % 2], size)
    page = lit(page, light)
    return lit(page, bloom(light, reach=0.04, strength=0.8))


def tunnel(size: int, neon: Neon, rng: np.random.Generator) -> Picture:
    """A corridor of light frames that leads behind the head."""
    page = resized(dusk(neon), size)
    light = np.zeros_like(page)
    centre = np.array([0.5 + rng.uniform(-0.05, 0.05), 0.44])
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * (0.8, 0.75)
    for k in range(9):
        reach = 0.16 * 1.27**k
        ring = np.rint((centre + corners * reach) * size * 16).astype(np.int32)
        width = max(1, round(size * 0.0016 * 1.22**k))
        tone = blend(neon[2], neon[k % 2], min(1.0, 0.35 + 0.12 * k))
        cv2.polylines(light, [ring], True, tone, width, cv2.LINE_AA, 4)
    for corner in corners:
        ends = np.rint(np.array([centre + corner * 0.16, centre + corner * 1.4]) * size * 16)
        width = max(1, round(size * 0.003))
        cv2.polylines(light, [ends.astype(np.int32)], False, neon[1], width, cv2.LINE_AA, 4)
    soft = blur(light, size * 0.0018)
    return lit(lit(page, soft), bloom(light, reach=0.06, strength=0.9))


def rain(size: int, colour: Colour, rng: np.random.Generator) -> Picture:
    """Fine streaks, near and far, that catch the neon."""
    mask = np.zeros((size, size), np.uint8)
    lean = rng.uniform(-0.10, 0.10)
    for _ in range(260):
        x, y = rng.uniform(-0.1, 1.1), rng.uniform(-0.1, 1.0)
        length, bright = rng.uniform(0.02, 0.075), int(rng.integers(25, 85))
        ends = np.rint(np.array([(x, y), (x + lean * length, y + length)]) * size * 16)
        width = max(1, round(size * 0.0011))
        cv2.polylines(mask, [ends.astype(np.int32)], False, bright, width, cv2.LINE_AA, 4)
    pale = blend(colour, (255, 255, 255), 0.6)
    return coloured(mask.astype(np.float32) * (1 / 255), pale)
