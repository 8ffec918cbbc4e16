"""Backgrounds of mosaics: their pictures, and the lines that their rows follow."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np

from likeness_model.painter.technique.noise import value_noise
from likeness_model.painter.technique.planes import Picture, Plane, painted
from likeness_model.painter.technique.tone import Colour, colours

HEAD = (0.5, 0.44)  # centre of nimbus and rays, in shares of the picture


@dataclass(frozen=True)
class Ground:
    picture: Picture
    lines: Picture  # 255 where rows of stones follow
    mortar: Colour


def _cloudy(size: int, colours: Sequence[Colour], rng: np.random.Generator) -> Picture:
    """Stones of a few similar colours, scattered."""
    choice = rng.integers(0, len(colours), (size // 12, size // 12))
    table = np.array(colours, np.uint8)[choice]
    return cv2.resize(table, (size, size), interpolation=cv2.INTER_NEAREST)


def _radius(size: int) -> Plane:
    rows, columns = np.mgrid[0:size, 0:size].astype(np.float32) / size
    return np.hypot(columns - HEAD[0], rows - HEAD[1])


def _circles(size: int, radii: Sequence[float]) -> Picture:
    lines = np.zeros((size, size), np.uint8)
    centre = (round(HEAD[0] * size), round(HEAD[1] * size))
    for radius in radii:
        cv2.circle(lines, centre, round(radius * size), 255, 1)
    return lines


def _nimbus(
    size: int,
    rng: np.random.Generator,
    *,
    field: Sequence[Colour],
    disc: Sequence[Colour],
    rim: Sequence[Colour],
    mortar: Colour,
) -> Ground:
    """A halo with a rim of two colours, as in Ravenna."""
    radius = _radius(size)
    picture = _cloudy(size, field, rng)
    inner, middle, outer = 0.345, 0.369, 0.393
    picture = painted(picture, rim[1], (radius < outer).astype(np.float32))
    picture = painted(picture, rim[0], (radius < middle).astype(np.float32))
    picture = painted(picture, _cloudy(size, disc, rng), (radius < inner).astype(np.float32))
    return Ground(picture, _circles(size, (inner, outer)), mortar)


def _stars(size: int, rng: np.random.Generator) -> Ground:
    """Golden stars on lapis: the vault of Galla Placidia."""
    picture = _cloudy(size, colours("16266e 1e348a 101c58 244296"), rng)
    picture = painted(picture, (36, 92, 168), np.clip(1 - _radius(size) / 0.62, 0, 1) * 0.55)
    lines = np.zeros((size, size), np.uint8)
    pitch = size / 5.2
    for row in range(6):
        for column in range(7):
            middle = ((column - 0.5 + 0.5 * (row % 2)) * pitch, (row + 0.32) * pitch)
            centre = (round(middle[0]), round(middle[1]))
            for turn in range(8):
                reach = pitch * (0.30 if turn % 2 == 0 else 0.2)
                tip = (
                    round(middle[0] + reach * np.cos(turn * np.pi / 4)),
                    round(middle[1] + reach * np.sin(turn * np.pi / 4)),
                )
                cv2.line(picture, centre, tip, (238, 190, 84), round(size * 0.011))
            cv2.circle(picture, centre, round(pitch * 0.085), (255, 226, 140), -1)
            cv2.circle(lines, centre, round(pitch * 0.12), 255, 1)
    return Ground(picture, lines, (20, 24, 40))


def _sea(size: int, rng: np.random.Generator) -> Ground:
    """Bands of waves, from foam to deep water."""
    bands: tuple[Colour, ...] = colours("e8f0e2 96d6ce 46b0ba 1c82a0 125884 0e3864")
    rows, columns = np.mgrid[0:size, 0:size].astype(np.float32) / size
    wave = (
        rows + 0.028 * np.sin(columns * 17 + rng.uniform(0, 6)) + 0.02 * value_noise(rng, size, 3)
    )
    index = np.clip(wave * 9.5, 0, 100).astype(int)
    order = np.array([1, 0, 1, 2, 3, 2, 3, 4, 3, 4, 5, 4], int)[np.minimum(index, 11)]
    picture = np.array(bands, np.uint8)[order]
    lines = (cv2.Laplacian(order.astype(np.uint8) * 20, cv2.CV_8U) > 0).astype(np.uint8) * 255
    return Ground(picture, lines, (52, 66, 74))


def _rays(
    size: int, rng: np.random.Generator, *, colours: Sequence[Colour], mortar: Colour
) -> Ground:
    """Wedges of broken tiles around the head, in rings: a Gaudi bench."""
    rows, columns = np.mgrid[0:size, 0:size].astype(np.float32) / size
    angle = np.arctan2(rows - HEAD[1], columns - HEAD[0]) / (2 * np.pi)
    radius = _radius(size)
    wedge = np.floor(
        (angle + rng.choice((-0.06, 0.06)) * np.sin(radius * rng.uniform(11, 16))) * 14
    ).astype(int)
    ring = np.floor(radius * 6.5).astype(int)
    picture = np.array(colours, np.uint8)[(wedge + 2 * ring) % len(colours)]
    lines = _circles(size, [part / 6.5 for part in range(2, 6)])
    return Ground(picture, lines, mortar)


def _villa(size: int, rng: np.random.Generator) -> Ground:
    """Limestone within bands of black and terracotta: the floor of a Roman villa."""
    picture = _cloudy(size, colours("e2d4b8 ece2cc d8c6a8"), rng)
    lines = np.zeros((size, size), np.uint8)
    for inset, colour in (
        (0.0, (150, 66, 44)),
        (0.048, (40, 36, 38)),
        (0.073, (222, 206, 176)),
        (0.098, (196, 136, 62)),
        (0.123, (40, 36, 38)),
        (0.148, None),
    ):
        low, high = round(inset * size), size - 1 - round(inset * size)
        if colour:
            cv2.rectangle(picture, (low, low), (high, high), colour, -1)
        else:
            picture[low : high + 1, low : high + 1] = _cloudy(
                size, colours("e2d4b8 eee4ce d6c4a6"), rng
            )[low : high + 1, low : high + 1]
        if inset:
            cv2.rectangle(lines, (low, low), (high, high), 255, 1)
    return Ground(picture, lines, (112, 98, 84))


GOLD: tuple[Colour, ...] = colours("d6a034 e8b84c be8628 f6ce68 deac3c a87424")

GROUNDS: tuple[Callable[[int, np.random.Generator], Ground], ...] = (
    partial(
        _nimbus,
        field=GOLD,
        disc=colours("fad674 eec054 ffe28c"),
        rim=((150, 30, 36), (236, 232, 214)),
        mortar=(70, 48, 30),
    ),
    _stars,
    _sea,
    partial(
        _rays,
        colours=colours("e25c3c f8be46 f0ecdc 288c96 1e548c ec8c78 6eaa5a"),
        mortar=(120, 110, 102),
    ),
    _villa,
    partial(
        _nimbus,
        field=colours("2c6e5c 1e564c 3c866c 184642"),
        disc=colours("e2b454 f0cc74 ce9e3e"),
        rim=((24, 46, 60), (220, 120, 84)),
        mortar=(34, 40, 36),
    ),
    partial(
        _rays,
        colours=colours("5c2c6e 963e82 e26e82 fab082 3c2660"),
        mortar=(40, 26, 48),
    ),
)
