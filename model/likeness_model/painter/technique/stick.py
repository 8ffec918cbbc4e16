"""A stick of charcoal or chalk: broad side strokes on rough paper, smudges, pressed edges."""

import numpy as np

from likeness_model.painter.technique.flow import Orientation
from likeness_model.painter.technique.planes import Plane, smoothstep
from likeness_model.painter.technique.strokes import lay, sample, scatter, taken, trace, until


def side_strokes(
    rng: np.random.Generator,
    tone: Plane,
    field: Orientation,
    *,
    size: int,
    width: float,
    length: float,
    tolerance: float = 0.16,
    least: float = 0.0,
) -> tuple[Plane, Plane]:
    """Broad strokes with the side of the stick: their tone (S, S) and cover (S, S), both 0..1.

    Each stroke has the tone of its middle and its own pressure, ends where `tone` changes by
    `tolerance`, and is drawn only where `tone` is above `least`. Lengths in 1/1024 of the side.
    """
    unit = size / 1024
    seeds = scatter(rng, size, float(np.sqrt(width * length * 0.3)) * unit)
    seeds = seeds[sample(tone, seeds, size) > least]
    nothing = np.zeros((size, size), np.float32)
    if not len(seeds):
        return nothing, nothing
    count = 3
    paths = trace(field, seeds, size=size, step=length * unit / (2 * count), count=count)
    seen = sample(tone, paths, size)
    paths = until(paths, np.abs(seen - seen[:, count : count + 1]) < tolerance)
    span = paths[:, -1] - paths[:, 0]
    whole = (span * span).sum(1) > (0.7 * width * unit) ** 2
    paths, pressed = paths[whole], seen[whole, count]
    if not len(paths):
        return nothing, nothing
    pressed = np.clip(pressed * rng.uniform(0.82, 1.18, len(paths)), 0, 1).astype(np.float32)
    half = rng.uniform(0.7, 1.2, len(paths)).astype(np.float32) * (width * unit / 2)
    shade, cover = np.zeros((2, size, size), np.float32)
    for laid in lay(paths, half, (size, size)):
        # One edge of the stick presses harder than the other, and the stroke fades out.
        press = 1 - 0.22 * laid.across - 0.25 * laid.along
        edge = smoothstep(1.0, 0.8, np.abs(laid.across))
        end = smoothstep(1.02, 0.8, np.abs(laid.along))
        cover[laid.rows] = edge * end * laid.covered
        np.clip(taken(pressed, laid.stroke) * press, 0, 1, out=shade[laid.rows])
    return shade, cover


def caught(tone: Plane, paper: Plane, *, bite: float = 0.16) -> Plane:
    """The tone that a dry stick leaves on a rough sheet: peaks first, valleys last.

    The relief (deviation 1) raises or lowers the tone, which is then hardened, most at one half;
    after the volume model of Bleser, Sibert & McGee 1988, "Charcoal sketching".
    """
    open_ = np.sqrt(np.clip(tone * (1 - tone), 0, 0.25)) * (2 * bite)
    return smoothstep(0.04, 0.90, tone + open_ * paper)
