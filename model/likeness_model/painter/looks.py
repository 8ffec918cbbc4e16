"""Choose how an avatar looks within its style, from its seed and its place in the order."""

from dataclasses import replace

import numpy as np

from likeness_model.painter.scene import Look

MILDER = 0.5  # each redraw goes this much of the way left to the photo


def look_for(style_id: str, *, seed: int, variant: int) -> Look:
    """The look of the style's `variant`-th avatar (0, 1, ...).

    Palettes and backgrounds walk through their lists from a start of their own, so that the first
    avatars of a style are sure to differ; framing is drawn from the seed.
    """
    rng = np.random.default_rng([seed, *style_id.encode()])
    zoom = float(rng.uniform(1.0, 1.18))
    return Look(
        variant=variant,
        rng_seed=int(rng.integers(2**62)),
        palette=variant,
        background=variant,
        zoom=zoom,
        shift=(float(rng.uniform(-0.03, 0.03)), float(rng.uniform(-0.02, 0.02))),
        mirror=bool(rng.random() < 0.4),  # noqa: PLR2004 - most people know their unmirrored face
    )


def milder(look: Look) -> Look:
    return replace(look, mildness=look.mildness + (1 - look.mildness) * MILDER)
