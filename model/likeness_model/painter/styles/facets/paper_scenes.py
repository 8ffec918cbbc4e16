"""Backgrounds of paper-cut: piles of paper sheets from back to front."""

from collections.abc import Callable, Sequence

import numpy as np

from likeness_model.painter.technique.planes import Plane
from likeness_model.painter.technique.sheets import Pile, polygon_cover
from likeness_model.painter.technique.tone import Colour

Lay = Callable[[Pile, int, np.random.Generator, Sequence[Colour]], None]
CENTRE = (0.5, 0.46)


def _circle(x: float, y: float, radius: float) -> Plane:
    turn = np.linspace(0, 2 * np.pi, 120, endpoint=False)
    return np.stack([x + radius * np.cos(turn), y + radius * np.sin(turn)], 1).astype(np.float32)


def grotto(pile: Pile, size: int, rng: np.random.Generator, colours: Sequence[Colour]) -> None:
    """Sheets with wavy holes, the nearest one widest: a view into a box of paper."""
    turn = np.linspace(0, 2 * np.pi, 360, endpoint=False)
    frame = np.array([[-0.1, -0.1], [1.1, -0.1], [1.1, 1.1], [-0.1, 1.1]], np.float32)
    for number, colour in enumerate(colours):
        waves = sum(
            rng.uniform(0.5, 1.0) * np.sin(part * turn + rng.uniform(0, 6)) for part in (3, 5, 8)
        )
        radius = 0.36 + 0.078 * number + 0.017 * waves
        hole = np.stack(
            [CENTRE[0] + radius * np.cos(turn), CENTRE[1] + 1.05 * radius * np.sin(turn)], 1
        )
        cover = polygon_cover([frame], size) - polygon_cover([hole.astype(np.float32)], size)
        pile.lay(np.clip(cover, 0, 1), colour, lift=0.016, dark=0.55)


def _below(heights: Plane) -> Plane:
    across = np.linspace(-0.05, 1.05, len(heights))
    line = np.stack([across, heights], 1)
    return np.vstack([line, [[1.05, 1.1], [-0.05, 1.1]]]).astype(np.float32)


def hills(pile: Pile, size: int, rng: np.random.Generator, colours: Sequence[Colour]) -> None:
    """A sun of three discs over hills, with clouds; colours: sun x3, cloud, hills."""
    side = 0.78 if rng.random() < 0.5 else 0.22
    for radius, colour in zip((0.26, 0.19, 0.125), colours[:3], strict=True):
        pile.lay(polygon_cover([_circle(side, 0.27, radius)], size), colour, lift=0.010)
    across = np.linspace(-0.05, 1.05, 200)
    for number, colour in enumerate(colours[4:]):
        shape = (
            0.46
            + 0.125 * number
            + 0.045 * np.sin(across * rng.uniform(5, 8) + rng.uniform(0, 6))
            + 0.014 * np.sin(across * rng.uniform(12, 17) + rng.uniform(0, 6))
        )
        pile.lay(polygon_cover([_below(shape.astype(np.float32))], size), colour, lift=0.014)
        if number == 0:
            for x, y in ((1 - side, 0.20), (side - 0.06, 0.40)):
                pile.lay(_cloud(x, y + rng.uniform(-0.03, 0.03), size), colours[3], lift=0.012)


def _cloud(x: float, y: float, size: int) -> Plane:
    puffs = [
        _circle(x + dx, y + dy, radius)
        for dx, dy, radius in (
            (-0.085, 0.012, 0.042),
            (-0.03, -0.018, 0.058),
            (0.045, -0.005, 0.05),
            (0.10, 0.018, 0.035),
        )
    ]
    flat = np.array([[-0.5, y + 0.035], [1.5, y + 0.035], [1.5, y + 0.2], [-0.5, y + 0.2]])
    cover = np.max([polygon_cover([puff], size) for puff in puffs], axis=0)
    return np.clip(cover - polygon_cover([flat.astype(np.float32)], size), 0, 1)


def foliage(pile: Pile, size: int, rng: np.random.Generator, colours: Sequence[Colour]) -> None:
    """Leaves from the corners in three depths, about a pale disc."""
    pile.lay(polygon_cover([_circle(*CENTRE, 0.40)], size), colours[0], lift=0.012)
    for depth, colour in enumerate(colours[1:]):
        leaves = []
        for x, y, heading in (
            (-0.02, 0.02, 0.7),
            (1.02, 0.02, 2.44),
            (-0.03, 0.55, -0.1),
            (1.03, 0.55, 3.24),
            (0.0, 0.95, -0.8),
            (1.0, 0.95, 3.94),
        ):
            for fan in np.linspace(-0.7, 0.7, 3):
                length = (0.40 - 0.075 * depth) * rng.uniform(0.8, 1.1)
                angle = heading + fan + rng.uniform(-0.12, 0.12)
                leaves.append(_leaf(x, y, angle, length, 0.21 * length + 0.012))
        pile.lay(polygon_cover(leaves, size), colour, lift=0.012)


def _leaf(x: float, y: float, angle: float, length: float, width: float) -> Plane:
    """A pointed, slightly bent blade."""
    along = np.linspace(0, 1, 24)
    half = width * np.sin(np.pi * along**0.8) * (1 - 0.25 * along)
    bend = 0.16 * length * along**2
    upper = np.stack([along * length, bend + half], 1)
    lower = np.stack([along * length, bend - half], 1)[::-1]
    blade = np.vstack([upper, lower])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.asarray(blade @ turn.T + (x, y), np.float32)


def scallops(pile: Pile, size: int, rng: np.random.Generator, colours: Sequence[Colour]) -> None:
    """Seigaiha: rows of overlapping discs, each with rings, like waves."""
    pitch, rings = 0.25, (1.0, 0.72, 0.44)
    offset = float(rng.uniform(0, pitch))
    for row in range(9):
        middle = 0.02 + row * pitch * 0.5
        start = offset - pitch * (1 + 0.5 * (row % 2))
        places = [start + pitch * column for column in range(7)]
        for ring, share in enumerate(rings):
            discs = [_circle(x, middle, pitch * 0.5 * share) for x in places]
            pile.lay(
                polygon_cover(discs, size),
                colours[(ring + row % 2 * 3) % len(colours)],
                lift=0.007 if ring == 0 else 0.004,
            )


def fan(pile: Pile, size: int, rng: np.random.Generator, colours: Sequence[Colour]) -> None:
    """A pleated sunburst behind two discs; colours: two of the pleats, then the discs."""
    count = 18
    shift = rng.uniform(0, 1)
    for number in (0, 1):
        wedges = []
        for wedge in range(number, 2 * count, 2):
            ends = (np.array([wedge, wedge + 1]) + shift) * np.pi / count
            rim = np.stack([np.cos(ends), np.sin(ends)], 1) * 1.1 + CENTRE
            wedges.append(np.vstack([CENTRE, rim]).astype(np.float32))
        pile.lay(polygon_cover(wedges, size), colours[number], lift=0.004 + 0.004 * number)
    for radius, colour in zip((0.45, 0.39), colours[2:], strict=False):
        pile.lay(polygon_cover([_circle(*CENTRE, radius)], size), colour, lift=0.012)
