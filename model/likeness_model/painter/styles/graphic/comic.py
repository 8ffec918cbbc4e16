"""Comic: flat inks, Ben-Day shadows, brush lines along the form, and an action panel."""

from dataclasses import dataclass

import numpy as np

from likeness_model.painter.registry import Scene, Variation, paints
from likeness_model.painter.styles.graphic import panels
from likeness_model.painter.styles.graphic.sheet import (
    Sheet,
    cel,
    drawn_lines,
    lay_out,
    nearer,
    skin_tone,
    with_clear_eyes,
)
from likeness_model.painter.technique.halftone import halftone
from likeness_model.painter.technique.ink import evened
from likeness_model.painter.technique.planes import (
    Picture,
    Plane,
    luma,
    painted,
    resized,
    smoothstep,
)
from likeness_model.painter.technique.tone import Colour

PITCH = 1 / 84  # of the dots, as share of the side
KEY = (22, 16, 26)  # printers' black


@dataclass(frozen=True)
class Issue:
    """One comic's inks: the panel's painter, its colours, and the shadow of the dots."""

    panel: panels.Panel
    colours: tuple[Colour, ...]
    shadow: Colour


ISSUES = (
    Issue(panels.burst, ((255, 214, 10), (255, 150, 0), (235, 40, 40)), (176, 70, 70)),
    Issue(panels.sky_dots, ((120, 214, 245), (0, 132, 214), (255, 255, 255)), (150, 72, 96)),
    Issue(panels.krackle, ((72, 20, 120), (236, 44, 138), (255, 222, 80)), (110, 52, 140)),
    Issue(panels.speed_lines, ((255, 246, 226), (228, 34, 48), (20, 16, 26)), (150, 60, 80)),
    Issue(panels.explosion, ((0, 158, 150), (255, 226, 60), (246, 88, 40)), (150, 64, 84)),
    Issue(panels.streaks, ((20, 40, 110), (40, 120, 235), (150, 235, 255)), (96, 60, 140)),
)


@paints("comic")
def comic(scene: Scene, variation: Variation) -> Picture:
    issue = variation.pick_palette(ISSUES)
    sheet = lay_out(scene)
    figure = _coloured(sheet, scene, issue, variation)
    lines = drawn_lines(sheet, scene, width=1.05, evenness=0.75, mildness=variation.mildness)
    figure = with_clear_eyes(painted(figure, KEY, lines), sheet, scene)
    page = issue.panel(scene.size, issue.colours, variation.rng())
    page = painted(page, KEY, sheet.cover(-0.0065))
    return painted(page, figure, sheet.cover(0.0))


def _coloured(sheet: Sheet, scene: Scene, issue: Issue, variation: Variation) -> Picture:
    """Flat colour of the light, then the shadow's ink in dots, as in four-colour printing."""
    light = _light(sheet, scene)
    lit = cel(sheet, scene, below=(0.1, 0.4, 0.72, 1.0), above=(0.2, 0.6, 1.0), chroma=1.45)
    shade = 0.75 * smoothstep(0.53, 0.30, light)
    dots = halftone(
        shade, pitch=PITCH * (1 - 0.4 * variation.mildness), angle=15 + 30 * (variation.variant % 2)
    )
    shadow = _multiplied(lit, issue.shadow)
    return nearer(painted(lit, shadow, dots), sheet, variation.mildness)


def _light(sheet: Sheet, scene: Scene) -> Plane:
    """Light and shade around 0.5, without the local colour's own darkness."""
    tone = luma(sheet.flat) * (0.5 / max(skin_tone(scene), 0.1))
    return np.clip(resized(evened(tone, 0.5, tone.shape[0] / 5), sheet.size), 0, 1)


def _multiplied(picture: Picture, ink: Colour) -> Picture:
    return np.asarray((picture * (np.array(ink, np.float32) / 255)).astype(np.uint8))
