"""Parts of vaporwave's places: sky, sun, floors, columns, palms, windows of an old computer."""

from collections.abc import Sequence

import cv2
import numpy as np

from likeness_model.painter.technique.light import bloom, coloured, lit
from likeness_model.painter.technique.noise import value_noise
from likeness_model.painter.technique.planes import Picture, Plane, grid, painted, smoothstep
from likeness_model.painter.technique.tone import Colour, gradient_map


def gradient_sky(size: int, colours: Sequence[Colour], foot: float) -> Picture:
    _, y = grid(size)
    fall = np.ascontiguousarray(np.broadcast_to(np.clip(y / foot, 0, 1), (size, size)))
    return gradient_map(fall, [(i / (len(colours) - 1), c) for i, c in enumerate(colours)])


def starry(page: Picture, rng: np.random.Generator, count: int, foot: float) -> Picture:
    size = page.shape[0]
    mask = np.zeros((size, size), np.uint8)
    for _ in range(count):
        at = [round(c * size * 16) for c in (rng.random(), rng.random() ** 1.3 * foot)]
        reach = rng.uniform(0.0008, 0.0022) * size
        cv2.circle(mask, at, round(reach * 16), int(rng.integers(120, 255)), -1, cv2.LINE_AA, 4)
    return lit(page, coloured(mask.astype(np.float32) * (1 / 255), (255, 255, 255)))


def barred_sun(
    page: Picture,
    centre: tuple[float, float],
    radius: float,
    top: Colour,
    foot: Colour,
    *,
    bars: int = 6,
) -> Picture:
    """A disc from one colour to another, cut by bars that grow towards its foot."""
    size = page.shape[0]
    _, y = grid(size)
    away = radius_from(size, centre)
    disc = np.clip((radius - away) * size + 0.5, 0, 1)
    height = (y - (centre[1] - radius)) / (2 * radius)
    for bar in range(bars):
        middle, half = 0.50 + 0.085 * bar, 0.006 + 0.0042 * bar
        gap = (half - np.abs(height - middle)) * (2 * radius * size)
        disc = disc * (1 - np.clip(gap + 0.5, 0, 1))
    fall = np.ascontiguousarray(np.broadcast_to(np.clip(height, 0, 1), (size, size)))
    glow = coloured(smoothstep(2.1 * radius, 0.9 * radius, away) * 0.4, foot)
    return painted(lit(page, glow), gradient_map(fall, [(0.1, top), (0.9, foot)]), disc)


def lit_floor(page: Picture, horizon: float, ground: Colour, line: Colour) -> Picture:
    """A plane of lit lines in perspective, fading into the horizon."""
    size = page.shape[0]
    x, y = grid(size)
    first = round(horizon * size)
    below = np.maximum(y[first:] - horizon, 0.5 / size)
    far = 0.10 / below  # depth of the row
    across = (x - 0.5) * far * 11
    lines = np.maximum(
        grid_line(across, far * (11 / size)),
        grid_line(far * 2.6, far / below * (2.6 / size)),
    )
    fade = smoothstep(0.0, 0.10, below)
    light = coloured(lines * (0.25 + 0.75 * fade), line)
    haze = np.repeat(1 - smoothstep(0.0, 0.16, below), size, 1)
    floor = lit(np.full_like(light, ground), coloured(haze, line, 0.45))
    result = page.copy()
    result[first:] = lit(floor, light)
    square = np.zeros_like(page)
    square[first:] = light
    return lit(result, bloom(square, reach=0.02, strength=0.6))


def grid_line(phase: Plane, per_pixel: Plane) -> Plane:
    """Lines at whole numbers of `phase`, about two pixels in 1024 wide, at least one pixel."""
    away = np.abs(phase - np.rint(phase))
    width = np.maximum(per_pixel * 1.3, 0.012)
    cover = np.clip((width - away) / np.maximum(per_pixel, 1e-6) + 0.5, 0, 1)
    return cover * np.clip(0.35 / np.maximum(per_pixel, 1e-6), 0, 1)


def chequered(page: Picture, horizon: float, light: Colour, dark: Colour) -> Picture:
    size = page.shape[0]
    x, y = grid(size)
    first = round(horizon * size)
    below = np.maximum(y[first:] - horizon, 0.5 / size)
    far = 0.12 / below
    across, along = (x - 0.5) * far * 7, far * 1.8
    per_pixel = np.maximum(far * (7 / size), far / below * (1.8 / size))
    wave = np.sin(np.pi * across) * np.sin(np.pi * along)
    cover = np.clip(wave / (np.pi * per_pixel) + 0.5, 0, 1)
    cover = cover + (0.5 - cover) * smoothstep(0.25, 0.8, per_pixel)
    result = page.copy()
    result[first:] = painted(np.full_like(page[first:], light), dark, cover)
    return result


def draw_column(page: Picture, x: float, scale: float, light: Colour, dark: Colour) -> None:
    """A fluted column with capital and base, drawn in place."""
    size = page.shape[0]
    half = 0.050 * scale
    foot = 0.76 + 0.20 * (scale - 0.6)
    left, right = round((x - half) * size), round((x + half) * size)
    top, bottom = round((foot - 1.05 * scale) * size), round(foot * size)
    u = np.linspace(-1, 1, max(2, right - left), dtype=np.float32)[None, :]
    flutes = 0.5 + 0.5 * np.cos(np.arcsin(np.clip(u, -1, 1)) * 14)
    tone = (0.35 + 0.65 * np.sqrt(1 - u * u * 0.9)) * (0.72 + 0.28 * flutes)
    shaft = gradient_map(np.repeat(tone, bottom - max(top, 0), 0), [(0.25, dark), (0.95, light)])
    paste(page, shaft, left, max(top, 0))
    plate = np.repeat(0.45 + 0.5 * np.sqrt(1 - u * u * 0.8), 4, 0)
    for share, level in (
        (1.22, bottom),
        (1.40, bottom + round(0.018 * scale * size)),
        (1.18, top - round(0.02 * scale * size)),
        (1.40, top - round(0.04 * scale * size)),
    ):
        wide = round((right - left) * share)
        block = cv2.resize(
            gradient_map(plate, [(0.2, dark), (0.95, light)]),
            (wide, max(1, round(0.020 * scale * size))),
        )
        paste(page, block, (left + right - wide) // 2, level)


def paste(page: Picture, part: Picture, left: int, top: int) -> None:
    size = page.shape[0]
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + part.shape[1], size), min(top + part.shape[0], size)
    if x0 < x1 and y0 < y1:
        page[y0:y1, x0:x1] = part[y0 - top : y1 - top, x0 - left : x1 - left]


def draw_palm(
    page: Picture,
    foot: tuple[float, float],
    crown: tuple[float, float],
    colour: Colour,
    rng: np.random.Generator,
) -> None:
    """A silhouette: a bent trunk, and fronds with a serrated edge."""
    size = page.shape[0]
    t = np.linspace(0, 1, 24)[:, None]
    bend = np.array([(foot[0] + crown[0]) / 2 + 0.03 * np.sign(0.5 - crown[0]), 0.65])
    spine = (1 - t) ** 2 * np.array(foot) + 2 * t * (1 - t) * bend + t**2 * np.array(crown)
    half = (0.013 - 0.006 * t) * np.array([[1.0, 0.0]])
    cv2.fillPoly(
        page,
        [to_fixed(np.vstack([spine - half, (spine + half)[::-1]]), size)],
        colour,
        cv2.LINE_AA,
        4,
    )
    for theta in np.linspace(-0.15, np.pi + 0.15, 9) + rng.uniform(-0.1, 0.1, 9):
        reach = rng.uniform(0.15, 0.20)
        droop = 0.10 + 0.06 * abs(np.cos(theta))
        s = np.linspace(0, 1, 28)
        x = crown[0] + reach * s * np.cos(theta)
        y = crown[1] - reach * s * np.sin(theta) * 0.75 + droop * s * s
        leaf = (
            0.042
            * np.sin(np.pi * np.clip(s * 0.93 + 0.07, 0, 1))
            * np.where(np.arange(28) % 2, 1.0, 0.35)
        )
        upper = np.stack([x, y - 0.012 * np.sin(np.pi * s)], 1)
        lower = np.stack([x, y + leaf], 1)[::-1]
        cv2.fillPoly(page, [to_fixed(np.vstack([upper, lower]), size)], colour, cv2.LINE_AA, 4)


def with_sea(
    page: Picture, horizon: float, water: Colour, sun: Colour, rng: np.random.Generator
) -> Picture:
    size = page.shape[0]
    first = round(horizon * size)
    result = page.copy()
    rows = np.linspace(0, 1, size - first, dtype=np.float32)[:, None]
    deep = gradient_map(np.repeat(rows, size, 1), [(0.0, water), (1.0, darker(water, 0.7))])
    result[first:] = deep
    for _ in range(70):
        depth = rng.random() ** 1.5
        y = horizon + 0.005 + depth * (1 - horizon)
        x, half = 0.5 + rng.normal(0, 0.10 + 0.10 * depth), rng.uniform(0.01, 0.06) * (0.5 + depth)
        tall = 0.0012 + 0.003 * depth
        points = np.array([(x - half, y), (x, y - tall), (x + half, y), (x, y + tall)])
        cv2.fillPoly(result, [to_fixed(points, size)], sun, cv2.LINE_AA, 4)
    return result


def draw_window(
    page: Picture, corners: tuple[float, ...], body: Colour, bars: tuple[Colour, Colour]
) -> None:
    """An old computer's window: bevelled frame, title bar with three buttons, a bright field."""
    size = page.shape[0]
    left, top, right, bottom = (round(c * size) for c in corners)
    edge, bar = max(1, round(0.006 * size)), round(0.045 * size)
    cv2.rectangle(
        page,
        (left + 2 * edge, top + 2 * edge),
        (right + 2 * edge, bottom + 2 * edge),
        darker(bars[0], 0.55),
        -1,
    )
    cv2.rectangle(page, (left, top), (right, bottom), darker(body, 0.35), -1)
    cv2.rectangle(page, (left, top), (right - edge // 2, bottom - edge // 2), (255, 255, 255), -1)
    cv2.rectangle(
        page, (left + edge // 2, top + edge // 2), (right - edge, bottom - edge), body, -1
    )
    ramp = np.repeat(np.linspace(0, 1, right - left - 2 * edge, dtype=np.float32)[None], bar, 0)
    paste(page, gradient_map(ramp, [(0.0, bars[0]), (1.0, bars[1])]), left + edge, top + edge)
    button = round(bar * 0.62)
    for k in range(3):
        x = right - edge - (k + 1) * round(button * 1.25)
        y = top + edge + (bar - button) // 2
        cv2.rectangle(page, (x, y), (x + button, y + button), body, -1)
        cv2.rectangle(page, (x, y), (x + button, y + button), darker(body, 0.5), max(1, edge // 3))
    inner = (left + 2 * edge, top + bar + 2 * edge), (right - 2 * edge, bottom - 2 * edge)
    cv2.rectangle(page, *inner, lighter(bars[1], 0.62), -1)


def dotted(page: Picture, colour: Colour) -> Picture:
    size = page.shape[0]
    x, y = grid(size)
    cell = np.float32(32)
    dx, dy = x * cell - np.floor(x * cell) - 0.5, y * cell - np.floor(y * cell) - 0.5
    reach = np.sqrt(dx * dx + dy * dy)
    cover = np.clip((0.14 - reach) * (size / 32) + 0.5, 0, 1)
    return painted(page, colour, cover)


def with_wisps(page: Picture, rng: np.random.Generator, colour: Colour, strength: float) -> Picture:
    drift = value_noise(rng, page.shape[0], 3, octaves=5, stretch=3.0)
    return painted(page, colour, smoothstep(0.1, 1.0, drift) * strength)


def radius_from(size: int, centre: tuple[float, float]) -> Plane:
    x, y = grid(size)
    dx, dy = x - centre[0], y - centre[1]
    return np.sqrt(dx * dx + dy * dy)


def draw_wire(light: Picture, points: np.ndarray, colour: Colour, size: int) -> None:
    width = max(1, round(0.0016 * size))
    cv2.polylines(light, [to_fixed(points, size)], False, colour, width, cv2.LINE_AA, 4)


def to_fixed(points: np.ndarray, size: int) -> np.ndarray:
    return np.rint(np.asarray(points) * size * 16).astype(np.int32)


def lighter(colour: Colour, share: float) -> Colour:
    red, green, blue = (round(c + (255 - c) * share) for c in colour)
    return red, green, blue


def darker(colour: Colour, share: float) -> Colour:
    red, green, blue = (round(c * (1 - share)) for c in colour)
    return red, green, blue
