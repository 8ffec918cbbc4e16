"""The figure that all graphic styles start from: flattened colours, its light, a cut edge."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from likeness_model.painter.scene import Scene
from likeness_model.painter.technique.features import bright_eyes, bright_teeth
from likeness_model.painter.technique.figure import edge_at, signed_distance, spread_out
from likeness_model.painter.technique.ink import WORK, ink_lines
from likeness_model.painter.technique.planes import (
    Picture,
    Plane,
    blur,
    extent,
    luma,
    mix,
    painted,
    resized,
    shrunk,
)
from likeness_model.painter.technique.tone import flattened, stepped

FLAT = 448  # side of the grid on which colours are flattened


@dataclass(frozen=True)
class Sheet:
    """`whole` has no edge between figure and ground; `flat` is small; `edge` is in pixels."""

    whole: Picture
    flat: Picture
    edge: Plane

    @property
    def size(self) -> int:
        return self.whole.shape[0]

    def cover(self, level: float = 0.0) -> Plane:
        """The cut-out figure, grown by `level` < 0 or shrunk by `level` > 0 of the side."""
        return edge_at(self.edge, level * self.size)


def lay_out(scene: Scene, *, flatness: float = 34.0) -> Sheet:
    whole = spread_out(scene.foreground, scene.alpha)
    whole = bright_eyes(whole, scene.eyes, scene.irises)
    whole = bright_teeth(whole, scene.mouth)
    flat = flattened(whole, side=FLAT, passes=3, range_sigma=flatness)
    return Sheet(whole=whole, flat=flat, edge=signed_distance(scene.alpha))


def drawn_lines(
    sheet: Sheet,
    scene: Scene,
    *,
    width: float,
    evenness: float,
    calm: float = 0.0,
    mildness: float = 0.0,
) -> Plane:
    """Ink lines of the figure: fine ones in the features, few on cheeks and forehead.

    `calm` of 1 keeps only the large forms outside the features: no strands, no weave.
    """
    small = cv2.bilateralFilter(shrunk(sheet.whole, WORK), 5, 24, 2.5)
    detail, skin, hair, alpha, face = (
        shrunk(mask, WORK)
        for mask in (scene.detail, scene.skin, scene.hair, scene.alpha, scene.face)
    )
    quiet = np.maximum(skin, calm * (1 - 0.5 * hair)) * (1 - detail)
    smooth = resized(sheet.flat, WORK)
    gain = float(np.clip(0.62 / max(skin_tone(scene), 0.12), 0.8, 1.9))
    picture = cv2.convertScaleAbs(painted(small, smooth, quiet), alpha=gain)
    clothes = np.clip(alpha - hair - skin - face, 0, 1)
    level = 0.35 + (0.06 + 0.03 * mildness) * detail
    level -= (0.07 + 0.04 * calm) * quiet + 0.13 * clothes
    return ink_lines(
        picture,
        size=sheet.size,
        width=width,
        level=level,
        evenness=evenness,
        smallest=round(24 + 76 * calm),
    )


def cel(
    sheet: Sheet,
    scene: Scene,
    *,
    below: Sequence[float],
    above: Sequence[float],
    chroma: float,
    smooth: float = 2.0,
) -> Picture:
    """Flat cels: lightness in steps around this person's own skin, colours of the flat patches.

    `below` are lightnesses as shares of the skin's, ascending to 1 for the skin in plain light;
    `above` are shares of the way from there to white, or to twice the skin's. So the same light
    falls in the same step on dark and on pale skin, and neither is made lighter. `chroma` is for
    hair, clothes and lips: bare skin keeps its own. `smooth` rounds the shapes away from the
    features, in pixels of the flat grid.
    """
    lab = cv2.cvtColor(sheet.flat, cv2.COLOR_RGB2Lab)
    plain = float(scene.flesh[0]) * 2.55  # cv2's scale
    lights = min(252.0 - plain, plain)
    values = [plain * b for b in below] + [plain + lights * a for a in above]
    edges = [(low + high) / 2 for low, high in pairwise(values)]
    light = lab[..., 0].astype(np.float32)
    fine = shrunk(scene.detail, FLAT)
    light = mix(blur(light, smooth), blur(light, 0.8), np.clip(fine * 2 - 0.8, 0, 1))
    tones = stepped(np.arange(4096, dtype=np.float32) / 16, edges, values, 3.0)
    tones = cv2.convertScaleAbs(tones).ravel()  # by sixteenths: five passes less at full size
    index = np.clip(resized(light * 16, sheet.size), 0, 4095).astype(np.uint16)
    steps = np.take(tones, index, mode="clip")
    fine = np.clip(fine * 2 - 0.5, 0, 1)
    soft = painted(blur(lab, smooth), lab, fine)
    strength = chroma - (chroma - 1) * shrunk(scene.bare, FLAT)[..., None]
    colour = cv2.convertScaleAbs((soft[..., 1:] - np.float32(128)) * strength + 128)
    colour = resized(colour, sheet.size)
    painted_lab = cv2.merge([steps, *cv2.split(colour)])
    return cv2.cvtColor(painted_lab, cv2.COLOR_Lab2RGB)


def with_clear_eyes(figure: Picture, sheet: Sheet, scene: Scene) -> Picture:
    """The original eyes, only crisper: a face is recognised by its gaze."""
    sigma = 0.004 * sheet.size
    there = extent(scene.eyes, round(4 * sigma))
    whole = sheet.whole[there]
    if not whole.size:
        return figure
    crisp = cv2.addWeighted(whole, 2.2, cv2.GaussianBlur(whole, (0, 0), sigma), -1.2, 0)
    result = figure.copy()
    result[there] = painted(figure[there], crisp, scene.eyes[there] * 0.9)
    return result


def nearer(figure: Picture, sheet: Sheet, mildness: float) -> Picture:
    """Some of the photo's modelling, for a redraw that must be closer to the photo."""
    return cv2.addWeighted(figure, 1 - 0.5 * mildness, sheet.whole, 0.5 * mildness, 0)


def skin_tone(scene: Scene) -> float:
    """Median luma (0..1) of the face's skin: the middle grey of this person's light."""
    small = luma(resized(scene.foreground, 256))
    skin = resized(scene.skin, 256) * resized(scene.face, 256) > 0.6
    return float(np.median(small[skin])) if skin.any() else 0.55
