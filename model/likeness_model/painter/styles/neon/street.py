"""Parts of the cyberpunk city: towers and their windows, signs, glyphs, lamps out of focus."""

import cv2
import numpy as np

from likeness_model.painter.technique.light import coloured, lit
from likeness_model.painter.technique.planes import Picture, Plane, grid, smoothstep
from likeness_model.painter.technique.tone import Colour, blend

Neon = tuple[Colour, Colour, Colour]  # left light, right light, dark

DRAWN = 640  # side of the grid for parts that are out of focus


def dusk(neon: Neon) -> Picture:
    """The dark, with each light's haze on its own side."""
    left, right, dark = neon
    x, y = grid(DRAWN)
    page = np.full((DRAWN, DRAWN, 3), dark, np.uint8)
    mid = np.exp(-(((y - 0.6) / 0.42) ** 2))
    page = lit(page, coloured(mid * smoothstep(0.75, -0.15, x), left, 0.42))
    return lit(page, coloured(mid * smoothstep(0.25, 1.15, x), right, 0.42))


def tower_row(rng: np.random.Generator, *, count: int, low: float, high: float) -> Picture:
    mask = np.zeros((DRAWN, DRAWN), np.uint8)
    for k in range(count):
        middle = (k + rng.uniform(0.1, 0.9)) / count
        half = rng.uniform(0.5, 0.9) / count
        # The head covers the middle of the picture: towers are taller beside it.
        top = 1 - (low + (high - low) * rng.random()) * (0.65 + 0.7 * abs(middle - 0.5))
        left, right = (int((middle + s * half) * DRAWN) for s in (-1, 1))
        cv2.rectangle(mask, (left, int(top * DRAWN)), (right, DRAWN), 255, -1)
        if rng.random() < 0.35:
            mast = int(middle * DRAWN)
            cv2.line(mask, (mast, int((top - 0.06) * DRAWN)), (mast, int(top * DRAWN)), 255, 2)
    return mask


def window_lights(
    towers: Picture, neon: Neon, rng: np.random.Generator, *, density: float
) -> Picture:
    rows, columns = DRAWN // 10, DRAWN // 8
    on = rng.random((rows, columns)) < density
    kinds = rng.integers(0, 3, (rows, columns))
    inks = np.array([neon[0], neon[1], (255, 226, 180)], np.float32)
    lights = (inks[kinds] * (on * rng.uniform(0.3, 1.0, (rows, columns)))[..., None]).astype(
        np.uint8
    )
    panes = cv2.resize(lights, (DRAWN, DRAWN), interpolation=cv2.INTER_NEAREST)
    gap = (np.arange(DRAWN)[:, None] % 10 < 5) & (np.arange(DRAWN)[None, :] % 8 < 5)
    return panes * (gap & (towers > 0))[..., None].astype(np.uint8)


def glyph_cells(rng: np.random.Generator, rows: int, columns: int, cell: int) -> Plane:
    """Invented characters: a 4 x 5 pattern in each cell, mirror-symmetric like runes."""
    half = rng.random((rows, columns, 5, 2)) < 0.55
    pattern = np.concatenate([half, half[..., ::-1]], 3)
    tile = np.zeros((rows, columns, cell, cell), np.float32)
    for row in range(5):
        for column in range(4):
            y, x = 2 + row * (cell - 4) // 5, 2 + column * (cell - 4) // 4
            tile[:, :, y : y + 2, x : x + 2] = pattern[:, :, row, column, None, None]
    return tile.transpose(0, 2, 1, 3).reshape(rows * cell, columns * cell)


def draw_lamp(
    light: Picture, at: tuple[float, float], radius: float, colour: Colour, bright: float
) -> None:
    """A lens's disc: brighter at its rim. Added to `light` in place."""
    reach = round(radius * DRAWN) + 2
    x, y = round(at[0] * DRAWN), round(at[1] * DRAWN)
    disc = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    cv2.circle(disc, (reach, reach), round(radius * DRAWN), bright * 0.8, -1, cv2.LINE_AA)
    cv2.circle(disc, (reach, reach), round(radius * DRAWN) - 1, bright, 1, cv2.LINE_AA)
    top, left = max(0, y - reach), max(0, x - reach)
    bottom, right = min(DRAWN, y + reach + 1), min(DRAWN, x + reach + 1)
    if top >= bottom or left >= right:
        return
    part = disc[top - y + reach : bottom - y + reach, left - x + reach : right - x + reach]
    window = light[top:bottom, left:right]
    light[top:bottom, left:right] = lit(np.ascontiguousarray(window), coloured(part, colour))


def draw_sign(
    light: Picture,
    at: tuple[float, float],
    width: float,
    colour: Colour,
    rng: np.random.Generator,
) -> None:
    """A board with a frame of light and three to five glyphs below each other."""
    count = int(rng.integers(3, 6))
    cell = round(width * DRAWN)
    left, top = round(at[0] * DRAWN - cell / 2), round(at[1] * DRAWN)
    frame = (left - cell // 4, top - cell // 4)
    foot = (left + cell + cell // 4, top + count * cell + cell // 4)
    stroke = max(2, cell // 12)
    cv2.rectangle(light, frame, foot, tuple(c // 9 for c in colour), -1)
    if rng.random() < 0.6:
        cv2.rectangle(light, frame, foot, colour, stroke, cv2.LINE_AA)
    hot = blend(colour, (255, 255, 255), 0.35)
    for row in range(count):
        for line in glyph_strokes(rng):
            points = np.rint((np.array(line) * 0.8 + 0.1) * cell + (left, top + row * cell))
            cv2.polylines(light, [points.astype(np.int32)], False, hot, stroke, cv2.LINE_AA)


def glyph_strokes(rng: np.random.Generator) -> list[list[tuple[float, float]]]:
    """An invented character: a frame's bars on a 3 x 3 grid, with one slant or box."""
    rows = sorted(rng.choice([0.0, 0.33, 0.67, 1.0], 2 + int(rng.integers(2)), replace=False))
    strokes = [[(0.0, float(y)), (1.0, float(y))] for y in rows]
    x = float(rng.choice([0.2, 0.5, 0.8]))
    strokes.append([(x, 0.0), (x, 1.0)])
    if rng.random() < 0.5:
        strokes.append([(x, 0.4), (float(rng.choice([0.0, 1.0])), 1.0)])
    else:
        strokes.append([(0.15, 0.0), (0.15, 0.5), (0.85, 0.5), (0.85, 0.0)])
    return strokes


def draw_ticks(light: Picture, radius: float, colour: Colour, size: int) -> None:
    for theta in np.linspace(0, 2 * np.pi, 72, endpoint=False):
        along = np.array([np.cos(theta), np.sin(theta)])
        ends = np.array([(0.5, 0.44) + along * radius, (0.5, 0.44) + along * (radius + 0.010)])
        points = np.rint(ends * size * 16).astype(np.int32)
        width = max(1, round(size * 0.0015))
        cv2.polylines(light, [points], False, colour, width, cv2.LINE_AA, 4)


def warmed(colour: Colour, rng: np.random.Generator, spread: float) -> Colour:
    return blend(colour, (255, 240, 220), rng.uniform(0, spread))
