"""Pixel art: a grid of about 64 cells, a fixed palette, eyes and mouth set cell by cell."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from likeness_model.painter.registry import Scene, Variation, paints
from likeness_model.painter.styles.tiles.pixel_palettes import KITS, NATURAL, SKIN, Kit
from likeness_model.painter.technique import features, pixels, tone
from likeness_model.painter.technique.planes import AnyPlane, Picture, Plane
from likeness_model.vision.records import Image

CELLS = 64
FINE = 8  # pixels a cell in the picture that is shrunk

Cover = NDArray[np.bool_]


@dataclass(frozen=True)
class Parts:
    """The cells of each part."""

    figure: Cover
    skin: Cover
    face: Cover
    lid: Cover
    white: Cover
    iris: Cover
    brow: Cover
    lips: Cover
    mouth: Cover

    @property
    def features(self) -> Cover:
        return self.lid | self.white | self.iris | self.brow | self.lips | self.mouth


@paints("pixel-art")
def pixel_art(scene: Scene, variation: Variation) -> Image:
    kit = variation.pick_palette(KITS)
    count, side, cut = pixels.cell_grid(scene.size, round(CELLS * (1 + 0.5 * variation.mildness)))
    fine = _fine(scene, count, side, cut)
    parts = _parts(scene, count, side, cut)
    figure = _tones(fine, parts, kit) if kit.tones else _colours(fine, parts)
    cells = kit.background(count, variation.rng(1))
    cells = np.where(parts.figure[..., None], figure, cells)
    cells = _outlined(cells, parts, kit)
    return pixels.enlarged(cells.astype(np.uint8), side, cut, scene.size)


def _window(x: AnyPlane, count: int, side: int, cut: int) -> AnyPlane:
    """The square that the whole cells cover, beyond the picture's edge where they do."""
    size = x.shape[0]
    end = count * side - size - cut
    return cv2.copyMakeBorder(x, cut, end, cut, end, cv2.BORDER_REPLICATE)


def _fine(scene: Scene, count: int, side: int, cut: int) -> Picture:
    """The source of the cells' colours: without texture, with edges, tones separated."""
    picture = _window(scene.foreground, count, side, cut)
    wide = (count * FINE, count * FINE)
    calm = cv2.resize(picture, wide, interpolation=cv2.INTER_AREA)
    for _ in range(2):
        calm = cv2.bilateralFilter(calm, 7, 28, 4)
    soft = cv2.GaussianBlur(calm, (0, 0), 1.5 * FINE)
    crisp = cv2.addWeighted(calm, 1.5, soft, -0.5, 0)
    bare = cv2.resize(_window(scene.bare, count, side, cut), wide, interpolation=cv2.INTER_AREA)
    return tone.saturated(crisp, 1.15, bare)


def _parts(scene: Scene, count: int, side: int, cut: int) -> Parts:
    def cover(mask: Plane) -> Plane:
        window = _window(mask, count, side, cut)
        return cv2.resize(window, (count, count), interpolation=cv2.INTER_AREA)

    figure = cover(scene.alpha) > 0.5
    eyes = cover(scene.eyes)
    iris, lid = np.zeros_like(figure), np.zeros_like(figure)
    centres, radius = features.iris_centres(scene.irises)
    white = eyes > 0.3
    for x, y in (centres + cut) / side:
        _set_eye(iris, lid, white, (float(x), float(y)), radius / side)
    lips, mouth = cover(scene.lips), cover(scene.mouth)
    return Parts(
        figure=figure,
        skin=(cover(scene.skin) > 0.45) & figure,
        face=(cover(scene.face) > 0.5) & figure,
        lid=lid & figure,
        white=white & ~iris & ~lid,
        iris=iris,
        brow=(cover(scene.brows) > 0.42) & ~white,
        lips=lips > 0.38,
        mouth=mouth > 0.45,
    )


def _set_eye(
    iris: Cover, lid: Cover, white: Cover, centre: tuple[float, float], radius: float
) -> None:
    """One eye in whole cells: a dark iris as tall as the opening, a lid drawn over it."""
    x, y = centre
    column, row = int(x), int(y)
    tall = 2 if radius > 0.75 else 1
    wide = 2 if radius > 0.95 else 1
    left = round(x - wide / 2)
    top = round(y - tall / 2)
    iris[top : top + tall, left : left + wide] = True
    near = np.zeros_like(white)
    near[max(row - 3, 0) : row + 4, max(column - 5, 0) : column + 6] = True
    opening = (white & near) | iris & near
    rows, columns = np.nonzero(opening)
    for place in range(columns.min(), columns.max() + 1):
        heights = rows[columns == place]
        upper = heights.min() if heights.size else top
        lid[min(upper, top) - (1 if upper <= top else 0), place] = True
    white[:top, :] &= ~near[:top, :]


def _colours(fine: Picture, parts: Parts) -> Picture:
    """Natural colours: skin only from the skin ramp, everything else from the whole palette."""
    cells = pixels.gathered(fine, len(parts.figure), 0.7)
    skin = np.array(SKIN, np.uint8)
    palette = np.array(SKIN + NATURAL, np.uint8)
    index = np.where(
        parts.skin | parts.face,
        pixels.nearest(cells, skin, hue=0.9),
        pixels.nearest(cells, palette, hue=1.2),
    )
    index = np.where(parts.lips, _lip_index(cells, parts, palette), index)
    index = np.where(
        parts.brow, pixels.nearest((cells * 0.62).astype(np.uint8), palette, hue=1.0), index
    )
    index = np.where(parts.mouth, pixels.nearest(_contrast(cells), palette, hue=1.6), index)
    index = pixels.without_orphans(index, parts.features)
    index = pixels.without_orphans(index, parts.features)
    figure = palette[index]
    figure[parts.white] = (246, 244, 238)
    figure[parts.lid] = _lid_colour(cells, parts)
    figure[parts.iris] = _iris_colour(cells, parts)
    return figure


def _lip_index(cells: Picture, parts: Parts, palette: Picture) -> NDArray[np.intp]:
    """All of the lips in two tones of their own mean colour, redder than the surrounding skin."""
    if not parts.lips.any():
        return np.zeros(parts.lips.shape, np.intp)
    mean = cells[parts.lips].mean(0) * (1.0, 0.76, 0.78)
    upper = np.where(parts.lips & ~np.roll(parts.lips, 1, 0), 0.8, 1.0)[..., None]
    return pixels.nearest(np.clip(mean * upper, 0, 255).astype(np.uint8), palette, hue=1.0)


def _contrast(cells: Picture) -> Picture:
    strong = (cells.astype(np.float32) - 110) * 1.5 + 125
    return np.asarray(np.clip(strong, 0, 255), np.uint8)


def _lid_colour(cells: Picture, parts: Parts) -> NDArray[np.uint8]:
    around = cells[parts.face].mean(0) if parts.face.any() else np.array([90, 60, 50])
    return (around * 0.3).astype(np.uint8)


def _iris_colour(cells: Picture, parts: Parts) -> NDArray[np.uint8]:
    if not parts.iris.any():
        return np.zeros(3, np.uint8)
    return np.clip(cells[parts.iris].mean(0) * 0.45, 0, 70).astype(np.uint8)


def _tones(fine: Picture, parts: Parts, kit: Kit) -> Picture:
    """A screen of few tones: lightness spread over them, dither in clothes only."""
    cells = pixels.gathered(fine, len(parts.figure), 0.7)
    light = pixels.to_lab(cells)[..., 0]
    count = len(kit.tones)
    steps = _spread_over(light, parts.figure, 0, count)
    # A backlit face would be in the two darkest tones only: it gets the upper ones.
    face = parts.face & ~parts.features
    if face.sum() > 20:
        own = _spread_over(light, face, 0.55, count)
        steps = np.where(parts.face | parts.skin, 0.7 * own + 0.3 * steps, steps)
    clothes = ~(parts.skin | parts.face)
    clothes[: int(0.62 * len(clothes))] = False
    tile = np.tile(pixels.BAYER, (len(steps) // 4 + 1,) * 2)[: len(steps), : len(steps)]
    shifted = steps + np.where(clothes, (tile - 0.5) * 0.9, 0)
    index = np.floor(shifted).clip(0, count - 1).astype(np.intp)
    index = pixels.without_orphans(index, parts.features | clothes)
    index[parts.brow] = np.minimum(index[parts.brow], 1)
    if face.any():
        index[parts.lips] = max(int(np.median(index[face])) - 1, 0)
    index[parts.white] = count - 1
    index[parts.lid | parts.iris] = 0
    return np.array(kit.tones, np.uint8)[index]


def _spread_over(light: Plane, where: Cover, low: float, high: float) -> Plane:
    """Lightness stretched so that the cells in question run from `low` to `high`."""
    dark, bright = np.quantile(light[where], (0.05, 0.95))
    share = np.clip((light - dark) / max(float(bright - dark), 12.0), 0, 1)
    return np.asarray(low + share * (high - 0.01 - low), np.float32)


def _outlined(cells: Picture, parts: Parts, kit: Kit) -> Picture:
    """One cell of outline about the figure, and the jaw drawn a tone darker than its skin."""
    figure = parts.figure.astype(np.uint8)
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    edge = (cv2.dilate(figure, cross) > 0) & ~parts.figure
    cells = cells.copy()
    cells[edge] = kit.outline
    jaw = parts.face & ~(cv2.erode(parts.face.astype(np.uint8), cross) > 0)
    below = np.zeros_like(jaw)
    rows = np.nonzero(parts.face.any(1))[0]
    if rows.size:
        below[int(rows[0] + 0.72 * len(rows)) :] = True
    if kit.tones:
        return cells
    skin = np.array(SKIN, np.uint8)
    darker = skin[pixels.nearest((cells * 0.78).astype(np.uint8), skin, hue=0.8)]
    return np.where((jaw & below & ~parts.features)[..., None], darker, cells)
