"""Scenery of ukiyo-e prints, drawn from curves: sun, mist, mountain, waves, rain, blossom."""

import cv2
import numpy as np
from numpy.typing import NDArray

from likeness_model.painter.styles.print.scenery import Pigments, Points, Scenery
from likeness_model.painter.technique.noise import value_noise
from likeness_model.painter.technique.planes import (
    Picture,
    Plane,
    grid,
    mix,
    plain,
    rgb,
    smoothstep,
    to_picture,
)


def disc(x: float, y: float, radius: float, count: int = 96) -> Points:
    turn = np.linspace(0, 2 * np.pi, count, endpoint=False)
    return np.stack([x + radius * np.cos(turn), y + radius * np.sin(turn)], 1)


def bokashi(pigments: Pigments, rng: np.random.Generator, size: int) -> Picture:
    """Sky wiped by hand on the block: dark at the top, pale, slight colour below."""
    y = grid(size)[1] + 0.03 * value_noise(rng, size, 3, stretch=4)
    pale, high, low = (rgb(c) for c in (pigments.pale, pigments.high, pigments.low))
    sky = mix(plain(pale, size), high, smoothstep(0.40, 0.0, y))
    return to_picture(mix(sky, low, 0.9 * smoothstep(0.35, 0.95, y)))


def sun(scenery: Scenery, rng: np.random.Generator) -> None:
    """A great disc behind the head, deeper at its top."""
    x = 0.5 + rng.uniform(-0.10, 0.10)
    red, green, blue = scenery.pigments.accent
    deep = (round(red * 0.72), round(green * 0.72), round(blue * 0.72))
    scenery.wiped(disc(x, 0.37, 0.315), deep, scenery.pigments.accent, (0.0, 0.35))


def moon(scenery: Scenery, rng: np.random.Generator) -> None:
    side = rng.choice((0.24, 0.76))
    scenery.shape(disc(side, 0.2, 0.115), scenery.pigments.pale)


def low_mist(scenery: Scenery, rng: np.random.Generator) -> None:
    """Mist at the foot of the view."""
    mist(scenery, rng, (0.62, 0.76))


def mist(
    scenery: Scenery, rng: np.random.Generator, rows: tuple[float, ...] = (0.16, 0.40, 0.66)
) -> None:
    """Suyari-gasumi: bands of mist with round ends, which divide the near from the far."""
    for row in rows:
        from_left = rng.random() < 0.5
        for step in range(2):
            thick = rng.uniform(0.020, 0.030)
            reach = rng.uniform(0.22, 0.46) - 0.09 * step
            y = row + step * thick * 1.9
            bar = capsule(-0.1, reach, y, thick)
            if not from_left:
                bar[:, 0] = 1 - bar[:, 0]
            scenery.shape(bar, scenery.pigments.pale, 1.5)


def capsule(left: float, right: float, y: float, half: float) -> Points:
    turn = np.linspace(-np.pi / 2, np.pi / 2, 24)
    cap = np.stack([right + half * np.cos(turn), y + half * np.sin(turn)], 1)
    return np.concatenate([[[left, y - half]], cap, [[left, y + half]]])


def mountain(scenery: Scenery, rng: np.random.Generator) -> None:
    """A volcano's two long slopes, with snow that runs down in tongues."""
    centre = float(rng.choice((0.20, 0.80)))
    x = np.linspace(-0.2, 1.2, 240)
    away = np.abs(x - centre)
    foot, top = 0.86, 0.26
    slope = np.minimum(
        foot, top + 0.012 * np.cos(away * 180) + np.maximum(away - 0.035, 0) ** 0.8 * 1.35
    )
    ridge = np.stack([x, slope], 1)
    body = np.concatenate([ridge, [[1.2, 1.2], [-0.2, 1.2]]])
    scenery.wiped(body, scenery.pigments.deep, scenery.pigments.middle, (0.3, 0.75))
    scenery.draw([ridge], 2.2)
    near = np.abs(x - centre) < 0.17
    tongues = 0.055 * np.abs(np.sin(np.arange(near.sum()) * 0.75 + rng.uniform(0, 3)))
    depth = np.maximum(0, 0.10 - 0.45 * away[near]) + tongues * (1 - away[near] / 0.19)
    lower = np.stack([x[near], slope[near] + np.maximum(depth, 0)], 1)
    scenery.shape(np.concatenate([ridge[near], lower[::-1]]), scenery.pigments.pale, 1.5)


def swell(phase: float, x: NDArray[np.float64], sharp: float) -> NDArray[np.float64]:
    """Trochoid-like crests, -1..1: pointed above, round below."""
    wave = np.abs(np.sin(x + phase))
    return 1 - 2 * wave**sharp


def waves(scenery: Scenery, rng: np.random.Generator) -> None:
    """Four rows of swell with striped flanks and a foam of claws along each crest."""
    pigments = scenery.pigments
    tints = (pigments.middle, pigments.deep, pigments.middle, pigments.deep)
    x = np.linspace(-0.05, 1.05, 400)
    for row, tint in enumerate(tints):
        level, height = 0.60 + 0.095 * row, 0.055 + 0.012 * row
        phase, pace = rng.uniform(0, 6), rng.uniform(4.6, 6.2)
        lift = 0.16 * (np.abs(x - 0.5) * 2) ** 2 * (1 - 0.2 * row)
        crest = level - lift - height * swell(phase, x * pace, 0.75)
        body = np.concatenate([np.stack([x, crest], 1), [[1.05, 1.1], [-0.05, 1.1]]])
        scenery.shape(body, tint)
        stripes = [np.stack([x, crest + 0.016 + 0.017 * k], 1) for k in range(1, 5)]
        scenery.rule(stripes, 3.2, pigments.pale)
        scenery.draw([body[:-2]], 2.4)
        foam(scenery, x, crest, rng)


def foam(
    scenery: Scenery, x: NDArray[np.float64], crest: NDArray[np.float64], rng: np.random.Generator
) -> None:
    """Scalloped white along the crest, and drops thrown off it."""
    slope = np.gradient(crest, x)
    high = np.flatnonzero((crest < np.quantile(crest, 0.55)) | (np.abs(slope) > 0.45))
    thrown = rng.choice(high, 10)
    edge = np.stack([x[high[::4]], crest[high[::4]]], 1)
    drops = np.stack([x[thrown], crest[thrown]], 1)
    drops += np.stack([rng.normal(0, 0.02, 10), -rng.uniform(0.02, 0.06, 10)], 1)
    radii = np.concatenate([rng.uniform(0.006, 0.013, len(edge)), rng.uniform(0.002, 0.005, 10)])
    scenery.dots(np.concatenate([edge, drops]), radii, scenery.pigments.pale, 1.2)


def seigaiha(scenery: Scenery, _rng: np.random.Generator) -> None:
    """The pattern of overlapping fans that stands for a calm sea."""
    radius, top = 0.062, 0.58
    pale, rows = scenery.pigments.pale, int((1.1 - top) / (radius / 2)) + 2
    tints = (scenery.pigments.deep, pale, scenery.pigments.middle, pale)
    sea = scenery.colour.copy()
    scale = scenery.size * 16
    for row in range(rows):
        y = top + row * radius / 2
        for column in range(-1, int(1 / (2 * radius)) + 3):
            x = (2 * column + row % 2) * radius
            centre = (round(x * scale), round((y + radius) * scale))
            for share, tint in zip((1.0, 0.80, 0.60, 0.36), tints, strict=True):
                cv2.circle(sea, centre, round(share * radius * scale), tint, -1, cv2.LINE_AA, 4)
    shore = round(scenery.size * top)
    scenery.colour[shore:] = sea[shore:]
    scenery.lines[shore:] = 0


def rain(scenery: Scenery, rng: np.random.Generator) -> None:
    """Rain in straight fine lines, as in Hiroshige's prints."""
    slant = rng.choice((-1, 1)) * rng.uniform(0.12, 0.22)
    start = rng.uniform(-0.3, 1.3, (150, 1)), rng.uniform(-0.3, 0.9, (150, 1))
    length = rng.uniform(0.12, 0.42, (150, 1))
    top = np.concatenate(start, 1)
    ends = top + length * np.array([[slant, 1.0]])
    high, pale = np.array(scenery.pigments.high), np.array(scenery.pigments.pale)
    tint = np.round(high + (pale - high) * 0.55).astype(int).tolist()
    scenery.rule(list(np.stack([top, ends], 1)), 1.4, (tint[0], tint[1], tint[2]))


def blossom(scenery: Scenery, rng: np.random.Generator) -> None:
    """Branches from both upper corners, in flower, and petals on the wind."""
    for side in (0, 1):
        start, heading = np.array([side * 1.04 - 0.02, rng.uniform(0.02, 0.2)]), 0.35
        branch(
            scenery, rng, start, heading if side == 0 else np.pi - heading, length=0.36, width=13.0
        )
    for _ in range(26):
        petal(scenery, rng.random(2), rng.uniform(0.006, 0.010), rng.uniform(0, 6.3))


def branch(
    scenery: Scenery,
    rng: np.random.Generator,
    start: Points,
    heading: float,
    *,
    length: float,
    width: float,
) -> None:
    points, here = [start], start
    for _ in range(5):
        heading += rng.normal(0, 0.28)
        here = here + length / 5 * np.array([np.cos(heading), np.sin(heading)])
        points.append(here)
    for index in range(5):
        part = np.array(points[index : index + 2])
        scenery.draw([part], width * (1 - 0.13 * index))
    if length > 0.1:
        for index in (2, 3, 4):
            turn = rng.choice((-1, 1)) * rng.uniform(0.5, 0.9)
            branch(
                scenery, rng, points[index], heading + turn, length=length * 0.45, width=width * 0.5
            )
    for point in points[2:]:
        for _ in range(2 if length > 0.1 else 3):
            flower(scenery, rng, point + rng.normal(0, 0.017, 2), rng.uniform(0.013, 0.020))


def flower(scenery: Scenery, rng: np.random.Generator, centre: Points, radius: float) -> None:
    turn = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    lobes = radius * (0.72 + 0.28 * np.abs(np.cos(2.5 * turn + rng.uniform(0, 6))) ** 0.6)
    shape = centre + np.stack([lobes * np.cos(turn), lobes * np.sin(turn)], 1)
    scenery.shape(shape, scenery.pigments.low, 1.2)
    scenery.shape(
        disc(float(centre[0]), float(centre[1]), radius * 0.22, 16), scenery.pigments.accent
    )


def petal(scenery: Scenery, centre: Points, radius: float, angle: float) -> None:
    turn = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    flat = np.stack([radius * np.cos(turn), 0.55 * radius * np.sin(turn)], 1)
    spin = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    scenery.shape(centre + flat @ spin, scenery.pigments.low)


def seal(rng: np.random.Generator, size: int) -> tuple[Plane, tuple[slice, slice]]:
    """A square red seal with cut strokes: cover 0..1 and its place on the print."""
    side = max(8, round(size * 0.062))
    mark = np.full((80, 80), 255, np.uint8)
    for _ in range(3):
        row, column = (rng.integers(14, 64, 2)).tolist()
        cv2.line(mark, (14, row), (66, row), 0, 6)
        cv2.line(mark, (column, 14), (column, 66), 0, 6)
        cv2.rectangle(mark, (column, row), (column + 12, row + 12), 255, -1)
    soft = cv2.GaussianBlur(mark, (0, 0), 1.6)
    small = cv2.resize(soft, (side, side), interpolation=cv2.INTER_AREA)
    cover = np.asarray(small, np.float32) / 255
    left = round(size * (0.065 if rng.random() < 0.5 else 0.875))
    top = round(size * 0.86)
    return cover, (slice(top, top + side), slice(left, left + side))
