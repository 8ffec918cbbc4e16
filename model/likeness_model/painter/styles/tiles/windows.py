"""Windows behind the sitters of stained glass: lead lines, and the colour of each piece."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from likeness_model.painter.technique.leading import Lead, Path
from likeness_model.painter.technique.tone import Colour, colours

CENTRE = (0.5, 0.45)
Places = NDArray[np.float64]  # (n, 2) middles of pieces, in shares of the side


@dataclass(frozen=True)
class Window:
    leads: tuple[Lead, ...]
    colour: Callable[[Places], NDArray[np.float64]]  # middles of pieces to RGB of 0..255


def _circle(x: float, y: float, radius: float, points: int = 72) -> Path:
    turn = np.linspace(0, 2 * np.pi, points, endpoint=False)
    return np.stack([x + radius * np.cos(turn), y + radius * np.sin(turn)], 1).astype(np.float32)


def _line(*points: tuple[float, float]) -> Path:
    return np.array(points, np.float32)


def _polar(places: Places) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    dx, dy = places[:, 0] - CENTRE[0], places[:, 1] - CENTRE[1]
    return np.hypot(dx, dy), (np.arctan2(dy, dx) / (2 * np.pi)) % 1


def sunburst(rng: np.random.Generator, *, rings: Sequence[Sequence[Colour]], wedges: int) -> Window:
    """Rings around the head, divided by rays; each ring alternates its own colours."""
    radii = (0.33, 0.43, 0.56)
    shift = rng.uniform(0, 1) / wedges
    rays = []
    for wedge in range(wedges):
        angle = 2 * np.pi * (wedge / wedges + shift)
        half = angle + np.pi / wedges
        way, between = (np.cos(angle), np.sin(angle)), (np.cos(half), np.sin(half))
        for (x, y), near, far in (
            (way, radii[0], radii[1]),
            (between, radii[1], radii[2]),
            (way, radii[2], 1.2),
        ):
            rays.append(
                _line(
                    (CENTRE[0] + near * x, CENTRE[1] + near * y),
                    (CENTRE[0] + far * x, CENTRE[1] + far * y),
                )
            )

    def colour(places: Places) -> NDArray[np.float64]:
        radius, turn = _polar(places)
        ring = np.digitize(radius, radii)
        offset = np.where(ring == 2, 0.5, 0.0)
        wedge = np.floor((turn - shift) * wedges - offset).astype(int)
        return np.array(
            [rings[k][w % len(rings[k])] for k, w in zip(ring, wedge, strict=True)], float
        )

    circles = tuple(_circle(*CENTRE, radius) for radius in radii)
    return Window((Lead(rays, 0.0062), Lead(circles, 0.0078, closed=True)), colour)


def quarries(
    rng: np.random.Generator, *, field: Sequence[Colour], border: Sequence[Colour]
) -> Window:
    """A lattice of lozenges within a border of coloured squares, as in a parish church."""
    inset, pitch = 0.075, 0.17
    paths = []
    for step in np.arange(-1.6, 2.6, pitch):
        for slope in (1.0, -1.0):
            start = np.array([step, 0.0])
            ends = [start + (t, 1.35 * t * slope) for t in (-2.0, 2.0)]
            clipped = _clip(ends[0], ends[1], inset)
            if clipped is not None:
                paths.append(clipped)
    frame = _line((inset, inset), (1 - inset, inset), (1 - inset, 1 - inset), (inset, 1 - inset))
    squares = []
    for part in np.linspace(inset, 1 - inset, 9):
        for low, high in ((0.0, inset), (1 - inset, 1.0)):
            squares += [_line((part, low), (part, high)), _line((low, part), (high, part))]
    seed = int(rng.integers(2**31))

    def colour(places: Places) -> NDArray[np.float64]:
        edge = np.minimum(places, 1 - places).min(1) < inset
        along = np.floor((places.sum(1)) * 8 / (1 - 2 * inset)).astype(int)
        pick = np.random.default_rng(seed).integers(0, len(field), len(places))
        return np.where(
            edge[:, None],
            np.array(border, float)[along % len(border)],
            np.array(field, float)[pick],
        )

    return Window(
        (Lead(paths, 0.0055), Lead(squares, 0.0062), Lead((frame,), 0.0085, True)), colour
    )


def _clip(start: NDArray[np.float64], end: NDArray[np.float64], inset: float) -> Path | None:
    """The part of a straight line inside the border (Liang & Barsky 1984)."""
    way, low, high = end - start, 0.0, 1.0
    for axis in (0, 1):
        bounds = sorted(((inset - start[axis]) / way[axis], (1 - inset - start[axis]) / way[axis]))
        low, high = max(low, bounds[0]), min(high, bounds[1])
    if low >= high:
        return None
    return np.array([start + way * low, start + way * high], np.float32)


def landscape(
    rng: np.random.Generator, *, sky: Sequence[Colour], sun: Colour, hills: Sequence[Colour]
) -> Window:
    """A sun with rays above rolling hills, all in long flowing pieces."""
    sun_at, radius = (0.2 + 0.6 * int(rng.integers(0, 2)), 0.24), 0.12
    count = 18
    shift = rng.uniform(0, 1) / count
    rays = []
    for ray in range(count):
        angle = 2 * np.pi * (ray / count + shift)
        way = np.cos(angle), np.sin(angle)
        rays.append(
            _line(
                (sun_at[0] + radius * way[0], sun_at[1] + radius * way[1]),
                (sun_at[0] + 1.5 * way[0], sun_at[1] + 1.5 * way[1]),
            )
        )
    across = np.linspace(-0.02, 1.02, 60)
    phases = rng.uniform(0, 6, len(hills))
    tops = [
        0.52 + 0.1 * k + 0.035 * np.sin(across * (5 + k) + phases[k]) for k in range(len(hills))
    ]
    horizon = tops[0]
    rays = [_above(ray, across, horizon) for ray in rays]
    waves = [np.stack([across, top], 1).astype(np.float32) for top in tops]
    feet = [*tops[1:], np.full_like(across, 1.02)]
    cuts = [
        _line(
            (x, float(np.interp(x, across, top))),
            (x + 0.04, float(np.interp(x + 0.04, across, foot))),
        )
        for k, (top, foot) in enumerate(zip(tops, feet, strict=True))
        for x in (0.09 + 0.05 * k, 0.3 - 0.04 * k, 0.72 + 0.03 * k, 0.93 - 0.04 * k)
    ]

    def colour(places: Places) -> NDArray[np.float64]:
        turn = np.arctan2(places[:, 1] - sun_at[1], places[:, 0] - sun_at[0]) / (2 * np.pi)
        ray = np.floor((turn - shift) * count).astype(int)
        result = np.array(sky, float)[ray % len(sky)]
        for k, top in enumerate(tops):
            result[places[:, 1] > np.interp(places[:, 0], across, top)] = hills[k]
        result[np.hypot(*(places - sun_at).T) < radius] = sun
        return result

    return Window(
        (
            Lead(rays, 0.0058),
            Lead(cuts, 0.0055),
            Lead(waves, 0.0068),
            Lead((_circle(*sun_at, radius),), 0.0078, closed=True),
        ),
        colour,
    )


def _above(ray: Path, across: NDArray[np.float64], horizon: NDArray[np.float64]) -> Path:
    """The part of a ray over the hills."""
    along = np.linspace(ray[0], ray[1], 60)
    below = along[:, 1] > np.interp(along[:, 0], across, horizon)
    return along[: int(below.argmax()) + 1] if below.any() else along


def mosaic_glass(
    rng: np.random.Generator, *, colours: Sequence[Colour], disc: Sequence[Colour]
) -> Window:
    """Pieces cut at random around a halo, in two dozen shades."""
    points = _spread(rng, 70)
    radius = 0.36
    sides: list[Path] = []
    for ring in _voronoi(points):
        far = np.hypot(*(ring - CENTRE).T)
        outside = np.where(
            far[:, None] < radius,
            CENTRE + (ring - CENTRE) * (radius / np.maximum(far, 1e-6))[:, None],
            ring,
        )
        sides.append(outside.astype(np.float32))
    spokes = [
        _line(CENTRE, (CENTRE[0] + radius * np.cos(a), CENTRE[1] + radius * np.sin(a)))
        for a in np.linspace(0, 2 * np.pi, 12, endpoint=False)
    ]
    seed = int(rng.integers(2**31))

    def colour(places: Places) -> NDArray[np.float64]:
        picks = np.random.default_rng(seed)
        far, turn = _polar(places)
        outer = np.array(colours, float)[picks.integers(0, len(colours), len(places))]
        inner = np.array(disc, float)[np.floor(turn * 12).astype(int) % len(disc)]
        return np.where((far < radius)[:, None], inner, outer)

    return Window(
        (
            Lead(sides, 0.0062, True),
            Lead(spokes, 0.0055),
            Lead((_circle(*CENTRE, radius),), 0.0085, True),
        ),
        colour,
    )


def _spread(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    """Spread points: of eight candidates the one farthest from the others (Mitchell 1991)."""
    points = rng.uniform(-0.1, 1.1, (1, 2))
    for _ in range(count - 1):
        tries = rng.uniform(-0.1, 1.1, (8, 2))
        apart = np.linalg.norm(tries[:, None] - points[None], axis=2).min(1)
        points = np.vstack([points, tries[apart.argmax()]])
    return points


def _voronoi(points: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    plane = cv2.Subdiv2D((-2000, -2000, 6000, 6000))
    plane.insert([(float(x), float(y)) for x, y in points * 1000])
    facets, _ = plane.getVoronoiFacetList([])
    return [np.asarray(facet, float) / 1000 for facet in facets]


WINDOWS: tuple[Callable[[np.random.Generator], Window], ...] = (
    partial(
        sunburst,
        wedges=16,
        rings=(
            ((255, 214, 110), (255, 226, 140)),
            ((196, 24, 40), (232, 120, 30)),
            ((24, 70, 170), (40, 120, 190)),
            ((18, 42, 120), (92, 30, 120)),
        ),
    ),
    partial(
        landscape,
        sky=colours("4696dc 78beec 60aae4"),
        sun=(255, 206, 70),
        hills=colours("78b450 328c54 186456 14465a"),
    ),
    partial(
        quarries,
        field=colours("d6e2be e2dcaa c4d8c8 ecd696"),
        border=((178, 26, 44), (24, 70, 160)),
    ),
    partial(
        mosaic_glass,
        colours=colours("18328c 321e78 146496 5a1e82 104678 822882"),
        disc=((120, 190, 220), (150, 206, 226)),
    ),
    partial(
        landscape,
        sky=colours("f06e5a faa05a e65064"),
        sun=(255, 226, 130),
        hills=colours("963c6e 6e286e 462268 281c50"),
    ),
    partial(
        sunburst,
        wedges=12,
        rings=(
            ((196, 226, 170), (220, 236, 190)),
            ((30, 140, 110), (120, 180, 60)),
            ((16, 96, 92), (220, 170, 50)),
            ((12, 60, 70), (16, 96, 92)),
        ),
    ),
    partial(
        mosaic_glass,
        colours=colours("e25a28 be1e32 f4aa3c 96143c f08232 781846"),
        disc=((255, 220, 130), (255, 204, 100)),
    ),
)
