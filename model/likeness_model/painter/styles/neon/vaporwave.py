"""Vaporwave: the sitter as a tinted marble bust, before an artificial sunset."""

from dataclasses import dataclass

import cv2
import numpy as np

from likeness_model.painter.registry import Scene, Variation, paints
from likeness_model.painter.styles.neon import horizon
from likeness_model.painter.styles.neon.sitter import Sitter, place, skin_tone
from likeness_model.painter.technique.features import bright_eyes, bright_teeth
from likeness_model.painter.technique.light import bloom, coloured, lit, parted, scan_lines
from likeness_model.painter.technique.planes import (
    Picture,
    Plane,
    blur,
    painted,
    resized,
    to_planes,
)
from likeness_model.painter.technique.shade import diffuse
from likeness_model.painter.technique.tone import Colour, flattened, gradient_map

OFFSET = 0.0032  # of red and blue, as share of the side


@dataclass(frozen=True)
class Dream:
    """A place, its colours, and the marble's tones from shadow to light with two rims."""

    place: horizon.Place
    colours: tuple[Colour, ...]
    marble: tuple[Colour, ...]
    rims: tuple[Colour, Colour]


DREAMS = (
    Dream(
        horizon.sun_and_grid,
        ((32, 10, 84), (172, 40, 168), (255, 122, 160), (255, 226, 110), (60, 244, 255)),
        marble=((38, 14, 92), (134, 44, 172), (252, 120, 184), (255, 206, 206), (255, 250, 244)),
        rims=((60, 240, 255), (255, 90, 200)),
    ),
    Dream(
        horizon.temple,
        ((255, 198, 224), (196, 206, 255), (170, 244, 236), (255, 250, 236), (255, 140, 190)),
        marble=((58, 40, 132), (120, 88, 196), (226, 140, 206), (255, 206, 224), (255, 252, 248)),
        rims=((140, 255, 244), (255, 150, 210)),
    ),
    Dream(
        horizon.palms,
        ((64, 18, 110), (236, 64, 134), (255, 160, 92), (255, 232, 140), (40, 12, 70)),
        marble=((50, 12, 84), (166, 34, 124), (255, 108, 112), (255, 196, 142), (255, 248, 222)),
        rims=((255, 220, 120), (255, 70, 170)),
    ),
    Dream(
        horizon.desktop,
        ((92, 206, 214), (255, 178, 222), (244, 238, 250), (122, 92, 220), (255, 120, 190)),
        marble=((28, 52, 120), (60, 130, 196), (122, 214, 222), (214, 246, 236), (255, 255, 252)),
        rims=((255, 140, 220), (250, 255, 180)),
    ),
    Dream(
        horizon.clouds,
        ((150, 170, 255), (255, 186, 226), (255, 226, 210), (255, 255, 255), (255, 120, 170)),
        marble=((66, 52, 140), (140, 96, 204), (246, 150, 204), (255, 214, 214), (255, 252, 246)),
        rims=((130, 240, 255), (255, 170, 120)),
    ),
    Dream(
        horizon.peaks,
        ((8, 10, 48), (38, 30, 120), (120, 60, 220), (255, 90, 200), (60, 240, 255)),
        marble=((10, 14, 66), (44, 52, 164), (116, 116, 240), (196, 206, 255), (246, 252, 255)),
        rims=((60, 240, 255), (255, 80, 190)),
    ),
)


@paints("vaporwave")
def vaporwave(scene: Scene, variation: Variation) -> Picture:
    dream = variation.pick_palette(DREAMS)
    sitter = place(scene)
    ground = dream.place(scene.size, dream.colours, variation.rng())
    left_lit = variation.variant % 2 == 0
    bust = gradient_map(
        _modelled(scene, sitter, left_lit, variation.mildness), _stops(dream.marble)
    )
    bust = painted(bust, scene.foreground, np.full_like(scene.alpha, 0.35 * variation.mildness))
    page = painted(ground, bust, scene.alpha)
    angles = (150.0, 20.0) if left_lit else (30.0, 160.0)
    rims = lit(
        *(
            coloured(sitter.rim(angle, 0.007) * scene.alpha, colour, strength=0.9)
            for angle, colour in zip(angles, dream.rims, strict=True)
        )
    )
    page = lit(page, rims)
    page = lit(page, bloom(rims, reach=0.03, strength=0.4))
    return scan_lines(parted(page, OFFSET), lines=240, depth=0.05)


def _modelled(scene: Scene, sitter: Sitter, left_lit: bool, mildness: float) -> Plane:
    """The marble's tone: the photo's light, smoothed, with a lamp from one side.

    The exposure compensates only part of the difference between this skin and the mid-tone, so that
    dark and pale skin still differ.
    """
    picture = bright_eyes(scene.foreground, scene.eyes, scene.irises, 0.4)
    picture = bright_teeth(picture, scene.mouth, 0.5)
    smooth = resized(flattened(picture, side=512, passes=2, range_sigma=30.0), scene.size)
    calm = np.clip(0.9 - scene.detail, 0.1, 0.8) * (1 - mildness)
    carved = painted(picture, smooth, calm)
    tone = to_planes(cv2.cvtColor(carved, cv2.COLOR_RGB2Lab)[..., 0])
    gain = np.float32((0.60 / max(skin_tone(scene), 0.12)) ** 0.7)
    tone = np.clip(tone * gain, 0, 1.1)
    tone = tone + 0.35 * (tone - blur(tone, 0.02 * scene.size))
    lamp = diffuse(sitter.form, (-0.8 if left_lit else 0.8, -0.5, 0.7), wrap=0.25)
    shaped = tone * (0.62 + 0.55 * resized(lamp, scene.size))
    return np.clip(0.06 + 0.94 * shaped, 0, 1)


def _stops(marble: tuple[Colour, ...]) -> list[tuple[float, Colour]]:
    return list(zip((0.05, 0.28, 0.52, 0.74, 0.96), marble, strict=True))
