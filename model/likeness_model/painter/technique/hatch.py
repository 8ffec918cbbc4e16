"""Tone from pencil strokes: more strokes, in more directions, where it is darker."""

from dataclasses import dataclass

import numpy as np

from likeness_model.painter.technique.flow import Orientation
from likeness_model.painter.technique.planes import Plane, resized, smoothstep
from likeness_model.painter.technique.strokes import pen, sample, scatter, trace, until

BUNDLES = 3  # strokes of one bundle do not darken each other where they cross


@dataclass(frozen=True, slots=True)
class Hatching:
    """One direction of strokes; lengths in 1/1024 of the side."""

    spacing: float
    length: float
    begins: float  # darkness (0..1) of the first strokes
    full: float  # darkness of the last strokes
    weight: float = 0.6  # darkness of one stroke
    thickness: float = 1.2
    overshoot: float = 0.12  # how far a stroke runs into lighter tone


def hatch(
    rng: np.random.Generator, darkness: Plane, field: Orientation, way: Hatching, *, size: int
) -> Plane:
    """Graphite 0..1 laid by one direction of hatching at `size` px.

    Tonal art maps (Praun et al. 2001), one stroke at a time: each seed has a random threshold and
    becomes a stroke where the tone is darker; a stroke ends where the tone is too light.
    `darkness` and `field` may be smaller than the result.
    """
    unit = size / 1024
    seeds = scatter(rng, size, way.spacing * unit)
    threshold = way.begins + (way.full - way.begins) * rng.random(len(seeds), np.float32)
    stretch = rng.uniform(0.6, 1.25, len(seeds)).astype(np.float32)
    tone = sample(darkness, seeds, size)
    stands = tone > threshold
    seeds, threshold, stretch = seeds[stands], threshold[stands], stretch[stands]
    if not len(seeds):
        return np.zeros((size, size), np.float32)
    count = 3
    paths = trace(
        field,
        seeds,
        size=size,
        step=stretch * (way.length * unit / (2 * count)),
        count=count,
    )
    seen = sample(darkness, paths, size)
    paths = until(paths, seen > (threshold - way.overshoot)[:, None])
    left = np.ones((size, size), np.float32)
    thickness = max(1, round(way.thickness * unit))
    thin = min(1.0, way.thickness * unit / thickness)  # lines below a pixel get paler
    for bundle in range(BUNDLES):
        cover = pen(paths[bundle::BUNDLES], size, thickness)
        weight = way.weight * thin * (0.75 + 0.25 * bundle)
        left *= 1 - cover.astype(np.float32) * (min(weight, 0.95) / 255)
    pressure = resized(darkness, size)
    return (1 - left) * (0.35 + 0.65 * smoothstep(0.0, way.full, pressure))


def rubbed(deposit: Plane, paper: Plane, bite: float) -> Plane:
    """The deposit on the paper's tooth: light pressure reaches its peaks only.

    `paper` is a relief of deviation 1, `bite` its share of the tone.
    """
    return np.clip(deposit * (1 + bite * paper * (1 - deposit)), 0, 1)
