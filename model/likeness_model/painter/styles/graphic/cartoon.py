"""Cartoon: cel-shaded flats, one clean outline, bright eyes, a cheerful vector backdrop."""

from dataclasses import dataclass

import cv2
import numpy as np

from likeness_model.painter.registry import Scene, Variation, paints
from likeness_model.painter.styles.graphic import backdrops
from likeness_model.painter.styles.graphic.sheet import (
    Sheet,
    cel,
    drawn_lines,
    lay_out,
    nearer,
    with_clear_eyes,
)
from likeness_model.painter.technique.features import catchlights, iris_centres, larger_eyes
from likeness_model.painter.technique.planes import Picture, painted
from likeness_model.painter.technique.tone import Colour, colours

EYES = 0.10  # how much larger the eyes are drawn
WHITE = (255, 255, 255)


@dataclass(frozen=True)
class Episode:
    """A backdrop, its colours from far to near, the outline, and whether it is a sticker."""

    backdrop: backdrops.Backdrop
    colours: tuple[Colour, ...]
    outline: Colour
    sticker: bool = False


EPISODES = (
    Episode(backdrops.hills, colours("7ad0ff fff3b0 7ed678 40aa68"), outline=(44, 28, 48)),
    Episode(backdrops.halo, colours("ff7979 ffbe76 ffeaa7"), outline=(62, 20, 36), sticker=True),
    Episode(backdrops.stripes, colours("625ce6 7e78fa ffd65c"), outline=(28, 20, 64)),
    Episode(
        backdrops.confetti,
        colours("ffecd2 ff6b81 2ec4b6 ffbe0b 835ce6"),
        outline=(56, 30, 40),
        sticker=True,
    ),
    Episode(backdrops.night, colours("18164a 463296 fff0be 785ad2"), outline=(14, 12, 40)),
    Episode(backdrops.sunset, colours("5c40aa ff8a70 ffde8c 422c7a"), outline=(40, 18, 60)),
)


@paints("cartoon")
def cartoon(scene: Scene, variation: Variation) -> Picture:
    episode = variation.pick_palette(EPISODES)
    sheet = _big_eyed(lay_out(scene, flatness=42.0), scene, EYES * (1 - variation.mildness))
    figure = cel(
        sheet, scene, below=(0.16, 0.46, 0.77, 1.0), above=(0.22, 0.6, 1.0), chroma=1.4, smooth=4.0
    )
    figure = nearer(figure, sheet, variation.mildness)
    lines = drawn_lines(
        sheet, scene, width=1.15, evenness=0.95, calm=1.0, mildness=variation.mildness
    )
    figure = painted(figure, _line_colours(figure, episode.outline), lines)
    figure = with_clear_eyes(figure, sheet, scene)
    centres, radius = iris_centres(scene.irises)
    figure = catchlights(figure, centres, radius, side=1 if variation.variant % 2 else -1)
    page = episode.backdrop(scene.size, episode.colours, variation.rng())
    if episode.sticker:
        page = painted(page, WHITE, sheet.cover(-0.022))
    page = painted(page, episode.outline, sheet.cover(-0.0075))
    return painted(page, figure, sheet.cover(0.0))


def _big_eyed(sheet: Sheet, scene: Scene, amount: float) -> Sheet:
    corners = scene.mesh[[33, 133, 263, 362], :2]
    centres = np.array([corners[:2].mean(0), corners[2:].mean(0)], np.float32)
    width = float(np.linalg.norm(corners[0] - corners[1]))
    whole = larger_eyes(sheet.whole, centres, 1.15 * width, amount)
    return Sheet(whole=whole, flat=sheet.flat, edge=sheet.edge)


def _line_colours(figure: Picture, outline: Colour) -> Picture:
    """Lines in a dark tone of the colours they bound, so that the face has no black net."""
    deep = cv2.convertScaleAbs(cv2.blur(figure, (5, 5)), alpha=0.22 * 0.75)
    return cv2.add(deep, (*(0.4 * channel for channel in outline), 0))
