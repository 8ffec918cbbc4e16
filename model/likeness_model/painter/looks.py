"""Choose how an avatar looks within its style, from its seed and its place in the order."""

from dataclasses import replace

import numpy as np

from likeness_model.painter.scene import Look

MILDER = 0.5  # each redraw goes this much of the way left to the photo


def look_for(style_id: str, *, seed: int, variant: int, start: int = 0) -> Look:
    """The look of the style's `variant`-th avatar (0, 1, ...).

    Palettes and backgrounds are walked from a place that `start` decides, at two paces, so that
    the first avatars of a style are sure to differ; framing is drawn from the seed.
    """
    rng = np.random.default_rng([seed, *style_id.encode()])
    return Look(
        variant=variant,
        rng_seed=int(rng.integers(2**62)),
        palette=start % 97 + variant,
        background=start % 89 + variant + variant // 3,
        zoom=float(rng.uniform(1.0, 1.18)),
        shift=(float(rng.uniform(-0.03, 0.03)), float(rng.uniform(-0.02, 0.02))),
        mirror=bool(rng.random() < 0.4),
    )


def milder(look: Look) -> Look:
    return replace(look, mildness=look.mildness + (1 - look.mildness) * MILDER)
