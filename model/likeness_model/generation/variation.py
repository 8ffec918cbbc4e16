"""The differences between two avatars of one style: palette, background and framing."""

from dataclasses import dataclass, replace
from typing import TypeVar

import cv2
import numpy as np

Choice = TypeVar("Choice")

EYE_LINE = 0.42  # height of the eyes in the picture, as a share from the top
MAX_ZOOM = 1.25
MILDER = 0.5  # share of the distance to the photo that each redraw covers


@dataclass(frozen=True)
class Variation:
    """One variation of a style.

    `palette` and `background` are unbounded counters: use `pick_palette` and `pick_background`.
    `mildness` is 0 for the full style. A redraw because of the distance raises it towards 1: the
    face then gets closer to the photo (finer detail, truer colours) and the style stays
    recognisable. The scene that a style gets already has `zoom`, `shift` and `mirror` applied.
    """

    variant: int = 0
    rng_seed: int = 0
    palette: int = 0
    background: int = 0
    zoom: float = 1.0
    shift: tuple[float, float] = (0.0, 0.0)
    mirror: bool = False
    mildness: float = 0.0

    def rng(self, stream: int = 0) -> np.random.Generator:
        """A random generator; each stream is independent of the others."""
        return np.random.default_rng([self.rng_seed, stream])

    def pick_palette(self, choices: "tuple[Choice, ...] | list[Choice]") -> Choice:
        return choices[self.palette % len(choices)]

    def pick_background(self, choices: "tuple[Choice, ...] | list[Choice]") -> Choice:
        return choices[self.background % len(choices)]


def variation_for(style_id: str, *, seed: int, variant: int, start: int = 0) -> Variation:
    """The variation of the style's `variant`-th avatar (0, 1, ...).

    Palettes and backgrounds advance from `start` at two different rates, so the first avatars of a
    style always differ. The framing follows from the seed.
    """
    rng = np.random.default_rng([seed, *style_id.encode()])
    return Variation(
        variant=variant,
        rng_seed=int(rng.integers(2**62)),
        palette=start % 97 + variant,
        background=start % 89 + variant + variant // 3,
        zoom=float(rng.uniform(1.0, 1.18)),
        shift=(float(rng.uniform(-0.03, 0.03)), float(rng.uniform(-0.02, 0.02))),
        mirror=bool(rng.random() < 0.4),
    )


def milder(variation: Variation) -> Variation:
    return replace(variation, mildness=variation.mildness + (1 - variation.mildness) * MILDER)


# --- framing: from the widest framing of a photo, the "store", to a picture --------------------


def scene_to_store(variation: Variation, size: int, store: int) -> np.ndarray:
    """Undo the framing: the 2x3 matrix from a picture to the store."""
    return cv2.invertAffineTransform(store_to_scene(variation, store, size))


def store_to_scene(variation: Variation, store: int, size: int) -> np.ndarray:
    """The 2x3 matrix from the store to a picture, for pixel centres."""
    left, top, side = window(variation, store)
    scale = size / side
    across, down = (scale * (0.5 - edge) - 0.5 for edge in (left, top))
    if variation.mirror:
        return np.array([[-scale, 0, size - 1 - across], [0, scale, down]])
    return np.array([[scale, 0, across], [0, scale, down]])


def window(variation: Variation, store: int) -> tuple[int, int, int]:
    """Left, top and side of the visible square, in whole pixels of the store. The zoom is centred
    on the eyes; a shift is limited to the space that the store has."""
    side = round(store / float(np.clip(variation.zoom, 1.0, MAX_ZOOM)))
    room = store - side
    left = np.clip(round(room / 2 + variation.shift[0] * side), 0, room)
    top = np.clip(round(EYE_LINE * room + variation.shift[1] * side), 0, room)
    return int(left), int(top), side
