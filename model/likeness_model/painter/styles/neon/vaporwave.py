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
from likeness_model.painter.technique.tone import Colour, colours, flattened, gradient_map

STOPS = (0.05, 0.28, 0.52, 0.74, 0.96)  # tones of the marble's colours
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
        colours("200a54 ac28a8 ff7aa0 ffe26e 3cf4ff"),
        marble=colours("260e5c 862cac fc78b8 ffcece fffaf4"),
        rims=((60, 240, 255), (255, 90, 200)),
    ),
    Dream(
        horizon.temple,
        colours("ffc6e0 c4ceff aaf4ec fffaec ff8cbe"),
        marble=colours("3a2884 7858c4 e28cce ffcee0 fffcf8"),
        rims=((140, 255, 244), (255, 150, 210)),
    ),
    Dream(
        horizon.palms,
        colours("40126e ec4086 ffa05c ffe88c 280c46"),
        marble=colours("320c54 a6227c ff6c70 ffc48e fff8de"),
        rims=((255, 220, 120), (255, 70, 170)),
    ),
    Dream(
        horizon.desktop,
        colours("5cced6 ffb2de f4eefa 7a5cdc ff78be"),
        marble=colours("1c3478 3c82c4 7ad6de d6f6ec fffffc"),
        rims=((255, 140, 220), (250, 255, 180)),
    ),
    Dream(
        horizon.clouds,
        colours("96aaff ffbae2 ffe2d2 ffffff ff78aa"),
        marble=colours("42348c 8c60cc f696cc ffd6d6 fffcf6"),
        rims=((130, 240, 255), (255, 170, 120)),
    ),
    Dream(
        horizon.peaks,
        colours("080a30 261e78 783cdc ff5ac8 3cf0ff"),
        marble=colours("0a0e42 2c34a4 7474f0 c4ceff f6fcff"),
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
        _modelled(scene, sitter, left_lit, variation.mildness),
        list(zip(STOPS, dream.marble, strict=True)),
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
