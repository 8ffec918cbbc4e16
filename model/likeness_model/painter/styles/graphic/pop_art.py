"""Pop art: a screen print of flat, unnatural colours, slightly out of register."""

from dataclasses import dataclass

import cv2
import numpy as np

from likeness_model.painter.registry import Scene, Variation, paints
from likeness_model.painter.styles.graphic.parts import SHAPES, Parts, parts_of
from likeness_model.painter.styles.graphic.sheet import Sheet, lay_out, skin_tone
from likeness_model.painter.technique.halftone import halftone
from likeness_model.painter.technique.ink import evened
from likeness_model.painter.technique.planes import (
    Picture,
    Plane,
    blur,
    luma,
    mix,
    painted,
    resized,
    smoothstep,
)
from likeness_model.painter.technique.tone import Colour, colours

REGISTER = 0.006  # largest shift of an ink, as share of the side


@dataclass(frozen=True)
class Inks:
    """The colours of one print; the sets below name them in this order."""

    ground: Colour
    skin: Colour
    shade: Colour
    hair: Colour
    lips: Colour
    lids: Colour
    clothes: Colour
    key: Colour = (24, 18, 34)


@dataclass(frozen=True)
class Print:
    """One picture in one set of inks, or a sheet of four, on a plain ground, disc or dots."""

    inks: tuple[Inks, ...]
    disc: Colour | None = None
    dots: Colour | None = None


PINK_ON_TEAL = Inks(*colours("00b2a9 ff9ebb f05480 ffe248 e2102c 46c4f0 ff7a1a"))
YELLOW_ON_PINK = Inks(*colours("ff3e8e ffd640 ff961e 3056e0 e0183c 00be96 00b0be"))
BLUE_ON_ORANGE = Inks(*colours("ff8414 70ceff 2878e2 e8225c ffe850 fff4be 6e2ea8"))
GREEN_ON_VIOLET = Inks(*colours("7c3acc b0ec76 2eb06e ff5ca8 ec186e ffdc3c ffc81e"))
CORAL_ON_YELLOW = Inks(*colours("ffde28 ff866e de2e4a 14a0aa be0a3c fffadc 3440be"))
CREAM_ON_RED = Inks(*colours("e41e2c ffecce ff9c96 ffc414 e41e2c 2896e6 1854be"))

PRINTS = (
    Print((PINK_ON_TEAL,)),
    Print((YELLOW_ON_PINK,), disc=(255, 120, 180)),
    Print((PINK_ON_TEAL, BLUE_ON_ORANGE, GREEN_ON_VIOLET, CORAL_ON_YELLOW)),
    Print((BLUE_ON_ORANGE,), disc=(255, 190, 60)),
    Print((CREAM_ON_RED,), dots=(255, 196, 20)),
    Print((GREEN_ON_VIOLET,)),
    Print((CORAL_ON_YELLOW,), disc=(255, 246, 150)),
)


@dataclass(frozen=True)
class Screens:
    """The stencil of each screen, 0..1; independent of the inks."""

    figure: Plane
    skin: Plane
    hair: Plane
    lips: Plane
    lids: Plane
    whites: Plane
    shade: Plane
    key: Plane

    def closer(self, size: int) -> "Screens":
        """The same at another size, cropped to the head, whole, and the collar."""
        side = self.key.shape[0]
        crown = int(np.argmax(self.figure.max(1) > 0.5)) / side
        top = float(np.clip(crown - 0.05, 0.0, 0.09))
        half = (0.83 - top) / 2
        rows, columns = (
            slice(round(start * side), round(end * side))
            for start, end in ((top, 0.83), (0.5 - half, 0.5 + half))
        )
        return Screens(*(resized(plane[rows, columns], size) for plane in vars(self).values()))


@paints("pop-art")
def pop_art(scene: Scene, variation: Variation) -> Picture:
    edition = variation.pick_palette(PRINTS)
    screens = _cut_screens(lay_out(scene), scene, variation)
    rng = variation.rng()
    if len(edition.inks) == 1:
        return _printed(screens, edition.inks[0], edition, rng)
    small = screens.closer(scene.size // 2)
    four = [_printed(small, inks, edition, rng) for inks in edition.inks]
    sheet = np.vstack([np.hstack(four[:2]), np.hstack(four[2:])])
    return resized(sheet, scene.size)


def _cut_screens(sheet: Sheet, scene: Scene, variation: Variation) -> Screens:
    parts = parts_of(scene)
    light, paper = _light(sheet, scene, parts)
    figure = sheet.cover()
    head = _stencil(parts.head, 0.35, sheet.size)
    features = np.clip(scene.eyes + scene.mouth, 0, 1) * smoothstep(0.42, 0.6, light)
    half = halftone(smoothstep(0.47, 0.24, light), pitch=1 / 150, angle=22.5, soft=1.4)
    # Milder: a finer negative with the mid-tones that a lith film loses.
    key = mix(
        np.maximum(half, smoothstep(0.30, 0.26, light)),
        smoothstep(0.58, 0.12, light),
        0.8 * variation.mildness,
    )
    blend = 0.01 + 0.10 * variation.mildness
    broad = resized(blur(resized(light, SHAPES), 2.0), sheet.size)
    return Screens(
        figure=figure,
        skin=head * figure,
        hair=_stencil(parts.hair, 0.42, sheet.size) * (1 - head) * figure,
        lips=_stencil(resized(scene.lips, SHAPES), 0.35, sheet.size, blurred=0.8),
        lids=_lids(scene),
        whites=np.maximum(features, paper * (1 - head)),
        shade=smoothstep(0.435 + blend, 0.435 - blend, broad),
        key=key * figure,
    )


def _light(sheet: Sheet, scene: Scene, parts: Parts) -> tuple[Plane, Plane]:
    """The hard light of a lith negative, and the mask of cloth as white as paper.

    Each material is exposed for its own mid-tone, so that a dark coat and dark hair print in their
    ink with black folds instead of as one black area.
    """
    fine = cv2.bilateralFilter(resized(sheet.whole, 640), 5, 30, 2.5)
    tone = luma(fine)
    gain = np.full_like(tone, 0.5 / max(skin_tone(scene), 0.1))
    for part, middle, most in ((parts.hair, 0.36, 2.0), (parts.clothes, 0.34, 3.5)):
        material = resized(part, 640)
        inside = tone[material > 0.7]
        if inside.size:
            own = float(np.clip(middle / max(np.median(inside), 0.02), 0.8, most))
            gain += (own - gain) * blur(material, 6.0)
    light = np.clip(evened(np.clip(tone * gain, 0, 1), 0.45, 110.0), 0, 1)
    paper = smoothstep(0.62, 0.70, tone) * smoothstep(60.0, 30.0, _chroma(fine))
    paper = resized(blur(paper * resized(parts.clothes, 640), 1.2), sheet.size)
    return resized(light, sheet.size), smoothstep(0.35, 0.5, paper)


def _chroma(picture: Picture) -> Plane:
    spread = cv2.max(cv2.max(*cv2.split(picture)[:2]), picture[..., 2])
    return cv2.subtract(spread, picture.min(2)).astype(np.float32)


def _stencil(mask: Plane, level: float, size: int, *, blurred: float = 1.8) -> Plane:
    """A mask on the stencils' grid as if cut by hand: no islands, a smooth and crisp edge."""
    small = cv2.medianBlur(cv2.convertScaleAbs(mask, alpha=255), 2 * round(1.5 * blurred) + 1)
    small = small.astype(np.float32) / 255
    soft = resized(blur(small, blurred), size)
    return smoothstep(level - 0.05, level + 0.05, soft)


def _lids(scene: Scene) -> Plane:
    """Eye shadow: the band from the eye's upper rim to the brow."""
    size = scene.size
    mask = np.zeros((size, size), np.uint8)
    for upper, brow in (
        ((33, 246, 161, 160, 159, 158, 157, 173, 133), (55, 65, 52, 53, 46)),
        ((263, 466, 388, 387, 386, 385, 384, 398, 362), (285, 295, 282, 283, 276)),
    ):
        if not scene.shows(upper):
            continue
        rim = scene.mesh[list(upper), :2]
        under_brow = scene.mesh[list(brow), :2] * 0.72 + 0.28 * rim.mean(0)
        ring = np.rint(np.vstack([rim, under_brow]) * 16).astype(np.int32)
        cv2.fillPoly(mask, [ring], 255, cv2.LINE_AA, 4)
    return _stencil(resized(mask.astype(np.float32) / 255, SHAPES), 0.4, size, blurred=0.8)


def _printed(screens: Screens, inks: Inks, edition: Print, rng: np.random.Generator) -> Picture:
    """Ground first, the light inks next, the key last; each colour a little out of register."""
    size = screens.key.shape[0]
    page = np.full((size, size, 3), inks.ground, np.uint8)
    if edition.disc is not None:
        at = [round(c * size * 16) for c in (0.5, 0.46)]
        cv2.circle(page, at, round(0.40 * size * 16), edition.disc, -1, cv2.LINE_AA, 4)
    if edition.dots is not None:
        cover = np.full((size, size), 0.42, np.float32)
        page = painted(page, edition.dots, halftone(cover, pitch=1 / 19, angle=45))
    shade = screens.shade * screens.skin
    layers = (
        (inks.clothes, screens.figure),
        (inks.hair, screens.hair),
        (inks.skin, screens.skin),
        (inks.shade, shade),
        (inks.lids, screens.lids),
        (inks.lips, screens.lips),
        ((255, 252, 244), screens.whites),
    )
    for colour, cover in layers:
        page = painted(page, colour, _shifted(cover, rng))
    return painted(page, inks.key, screens.key)


def _shifted(cover: Plane, rng: np.random.Generator) -> Plane:
    size = cover.shape[0]
    dx, dy = rng.uniform(-REGISTER, REGISTER, 2) * size
    move = np.array([[1, 0, dx], [0, 1, dy]], np.float32)
    return cv2.warpAffine(cover, move, (size, size), borderMode=cv2.BORDER_REPLICATE)
