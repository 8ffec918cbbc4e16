"""Woodblock: few flat colours with wiped gradients, a swelling key line, wood grain on washi."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from likeness_model.painter.registry import Scene, Variation, paints
from likeness_model.painter.styles.print import ukiyo
from likeness_model.painter.styles.print.scenery import Pigments, Scenery
from likeness_model.painter.technique.blocks import (
    filled,
    main_colours,
    nearest_block,
    outline,
    salted,
    shifted,
)
from likeness_model.painter.technique.contour import line_response
from likeness_model.painter.technique.figure import edge_at, signed_distance, spread_out
from likeness_model.painter.technique.flow import along_edges, settled
from likeness_model.painter.technique.form import bare_skin
from likeness_model.painter.technique.ink import cut, ink_lines
from likeness_model.painter.technique.noise import value_noise
from likeness_model.painter.technique.paper import fibres, shaded, tooth, wood
from likeness_model.painter.technique.planes import (
    Picture,
    Plane,
    blur,
    grid,
    lightness,
    luma,
    mix,
    painted,
    resized,
    smoothstep,
    to_planes,
)
from likeness_model.painter.technique.tone import colours, flattened

WORK = 512  # side of the grid on which the colour blocks are found
ROUGE = 9.0  # a* of the cheeks' bokashi
POTS = 3  # colours for the hair, and as many for the clothes


@dataclass(frozen=True, slots=True)
class Print:
    """A subject: its parts from back to front, and its pigments."""

    subject: tuple[Callable[[Scenery, np.random.Generator], None], ...]
    pigments: Pigments


PRINTS = (
    Print((ukiyo.sun, ukiyo.mist), Pigments(*colours("264a76 f0c482 1c3a68 5c8eaa ce3e2e"))),
    Print((ukiyo.moon, ukiyo.waves), Pigments(*colours("1e3e70 e2d6b4 183668 6c9cb8 ce4a34"))),
    Print(
        (ukiyo.mountain, ukiyo.low_mist), Pigments(*colours("c44e38 f6ce96 28466e 708c96 d85a3a"))
    ),
    Print((ukiyo.blossom,), Pigments(*colours("70a0aa f0b2b2 4e3e3a a0b296 c83c4e"))),
    Print(
        (ukiyo.moon, ukiyo.mist, ukiyo.rain),
        Pigments(*colours("18264e 547492 14244a 3a587c d8aa54")),
    ),
    Print((ukiyo.sun, ukiyo.seigaiha), Pigments(*colours("d67846 f8d696 184e6e 5496a6 da4230"))),
)


@paints("woodblock")
def woodblock(scene: Scene, variation: Variation) -> Picture:
    """Print the sitter before a famous view: colour blocks first, the key block over them."""
    rng = variation.rng()
    size = scene.size
    chosen = variation.pick_palette(PRINTS)
    scenery = view(chosen, rng, size)
    distance = signed_distance(scene.alpha, smooth=0.004)
    cover = edge_at(distance, 0.0, max(1.0, size / 800))
    photo = flattened(
        spread_out(scene.foreground, scene.alpha), side=WORK, passes=1, range_sigma=24
    )
    picture = painted(scenery.colour, figure_blocks(scene, photo, variation.mildness), cover)
    lines = to_planes(scenery.lines) * (1 - cover)
    contour = outline(distance, rng, size / 210)
    lines = np.maximum(lines, np.maximum(contour, key_block(scene, photo, rng) * cover))
    off = rng.uniform(-1, 1, 2) * size / 700
    picture = shifted(picture, float(off[0]), float(off[1]))
    inked = ink_weight(picture, scene, rng)
    picture = painted(picture, chosen.pigments.key, 0.94 * lines)
    mark, place = ukiyo.seal(rng, size)
    picture[place] = painted(picture[place], (190, 44, 38), mark * 0.92)
    return on_washi(picture, inked, chosen.pigments.pale, rng)


def view(chosen: Print, rng: np.random.Generator, size: int) -> Scenery:
    """The print's subject over its wiped sky."""
    scenery = Scenery(chosen.pigments, ukiyo.bokashi(chosen.pigments, rng, size))
    for draw in chosen.subject:
        draw(scenery, rng)
    return scenery


def figure_blocks(scene: Scene, photo: Picture, mildness: float) -> Picture:
    """The sitter in flat colours: skin and its shadow, white of eye and tooth, lips, and POTS
    colours each for hair and clothes. Skin keeps the sitter's own tone."""
    side = photo.shape[0]
    flat = to_planes(flattened(photo, side=side, passes=2, range_sigma=34))
    lab = cv2.cvtColor(flat, cv2.COLOR_RGB2LAB)
    face, hair, eyes, mouth, lips = (
        resized(x, side) for x in (scene.face, scene.hair, scene.eyes, scene.mouth, scene.lips)
    )
    bare = bare_skin(face, resized(scene.skin, side), hair)
    flesh = scene.flesh
    pots, costs = cloth_blocks(scene, lab, bare, hair, float(flesh[0]))
    below = np.broadcast_to(smoothstep(-0.02, 0.05, chin_line(scene, side)), bare.shape)
    elsewhere = (900 + 500 * below) * (1 - bare)
    over_border = blur(lab[..., 0], side / 150) - (flesh[0] - np.float32(9))
    pots += [flesh, flesh * (0.80, 1.06, 1.1)]
    costs += [40 * np.maximum(-over_border, 0) + elsewhere]
    costs += [40 * np.maximum(over_border, 0) + elsewhere]
    white = smoothstep(float(flesh[0]) - 6, float(flesh[0]) + 8, lab[..., 0])
    red = middle_colour(lab, lips > 0.6)
    pots += [np.array((94, 0, 5)), red * (0.92, 1, 1) + (0, 10, 4)]
    costs += [9000 - 12000 * np.maximum(eyes, mouth) * white, 9000 - 11000 * lips]
    smooth = [blur(cost.astype(np.float32), side / 420) for cost in costs]
    table = np.stack(pots).astype(np.float32)
    colours = np.clip(cv2.cvtColor(table[None], cv2.COLOR_LAB2RGB)[0], 0, 1)
    blocks = nearest_block(smooth, scene.size)
    figure = filled(blocks, colours, max(0.6, scene.size / 1300))
    if mildness > 0:
        nearer = 0.6 * mildness * scene.face
        figure = painted(figure, resized(photo, scene.size), nearer)
    return blushing(figure, scene)


def middle_colour(lab: Plane, where: NDArray[np.bool_]) -> Plane:
    """Median colour of an area; that of the whole where the area is empty."""
    area = lab[where] if where.any() else lab.reshape(-1, 3)
    return np.median(area, axis=0)


def chin_line(scene: Scene, side: int) -> Plane:
    """How far each row lies below the chin, in sides of the picture."""
    return grid(side)[1] - np.float32(scene.mesh[152, 1] / scene.size)


def cloth_blocks(
    scene: Scene, lab: Plane, bare: Plane, hair: Plane, skin_light: float
) -> tuple[list[Plane], list[Plane]]:
    """Colours for hair and clothes, and the cost of each at each pixel."""
    side = lab.shape[0]
    figure = resized(scene.alpha, side)
    soft = cv2.GaussianBlur(lab, (0, 0), side / 300)
    below_chin = chin_line(scene, side)
    nose = np.float32((scene.mesh[152, 1] - scene.mesh[1, 1]) / scene.size)
    below = np.broadcast_to(smoothstep(-0.02, 0.05, below_chin), bare.shape)
    above = np.broadcast_to(smoothstep(0.0, -0.06, below_chin + nose), bare.shape)
    pots, costs = [], []
    for part, elsewhere, palest in (
        (hair > 0.5, (1 - hair) * below, skin_light - 2),
        ((hair < 0.5) & (below >= 0.5), np.maximum(hair, above), 100.0),
    ):
        seen = lab[part & (figure > 0.6) & (bare < 0.35)][::9]
        for colour in pots_for(seen, palest):
            away = np.square(soft - colour)
            costs.append(
                away[..., 0] + away[..., 1] + away[..., 2] + 4000 * bare + 3000 * elsewhere
            )
            pots.append(pigment(colour))
    return pots, costs


def pots_for(seen: Plane, palest: float) -> Plane:
    """Main colours (Lab) of a part, without a rare one paler than `palest`: a light on the brow."""
    if len(seen) < 99:
        return seen[:0]
    colours = main_colours(seen, POTS)
    nearest = ((seen[:, None] - colours[None]) ** 2).sum(2).argmin(1)
    share = np.bincount(nearest, minlength=POTS) / len(seen)
    return colours[(share > 0.16) | (colours[:, 0] < palest)]


def pigment(lab: Plane) -> Plane:
    """A colour in the printer's pigments: blacks become indigo, bright colours slightly earthen."""
    light, a, b = lab
    dark = max(0.0, 1 - light / 45)
    return np.array((light * 0.96 + 9 * dark, a * 1.1, b * 1.1 - 14 * dark), np.float32)


def blushing(figure: Picture, scene: Scene) -> Picture:
    """Bokashi of red on the cheeks: redder, neither darker nor paler."""
    plain, rouged = (
        cv2.cvtColor((scene.flesh + np.float32((0, red, 0)))[None, None], cv2.COLOR_LAB2RGB)[0, 0]
        for red in (0, ROUGE)
    )
    side = scene.size // 4
    blush = np.zeros((side, side), np.float32)
    for index in (50, 280):
        centre = np.round(scene.mesh[index, :2] / 4).astype(int).tolist()
        cv2.circle(blush, centre, round(side * 0.035), 1.0, -1)
    blush = resized(blur(blush, side / 40), scene.size) * scene.face
    change = (rouged.clip(0.02, 1) / plain.clip(0.02, 1) - 1).tolist()
    strength = cv2.merge([1 + share * blush for share in change])
    return cv2.multiply(figure, strength, dtype=cv2.CV_8U)


def key_block(scene: Scene, photo: Picture, rng: np.random.Generator) -> Plane:
    """Cover of the key block inside the sitter, 0..1.

    A face has lines only, with solid black at eyes, brows and mouth; hair and robe have spot blacks
    too.
    """
    size, side = scene.size, photo.shape[0]
    swell = value_noise(rng, side, 8, octaves=2)
    bare = bare_skin(*(resized(x, side) for x in (scene.face, scene.skin, scene.hair)))
    cloth = ink_lines(
        photo,
        size=size,
        width=1.15,
        sharpness=17,
        level=0.36 + 0.06 * swell,
        along=6,
        smallest=46,
    )
    tone = lightness(photo)
    flow = settled(along_edges(photo, side / 160), side / 200)
    line = line_response(tone, flow, width=side / 380, reach=side / 60)
    line = line * (1 + 0.35 * swell)
    parts = blur(resized(np.maximum(scene.eyes, scene.brows), side), side / 160)
    parts = np.maximum(parts, resized(np.maximum(scene.mouth, scene.lips), side))
    inner = tone[resized(scene.face, side) > 0.8]
    flesh = float(np.median(inner)) if inner.size else 0.5
    black = smoothstep(flesh - 0.24, flesh - 0.36, tone) * smoothstep(0.15, 0.6, parts)
    drawn = cut(resized(line, size), 0.022, 0.016, size)
    spots = cut(resized(black, size), 0.5, 0.3, size)
    return mix(cloth, np.maximum(drawn, spots), resized(bare, size))


def ink_weight(picture: Picture, scene: Scene, rng: np.random.Generator) -> Plane:
    """Factor around 1: the plank's grain, and a robe wiped dark at the bottom."""
    size = scene.size
    weight = (0.064 - 0.05 * luma(picture)) * (1 - 0.65 * scene.face)
    wiped = smoothstep(0.70, 1.0, grid(size)[1]) * scene.alpha * 0.32
    return (1 - weight * wood(rng, size)) * (1 - wiped)


def on_washi(
    picture: Picture, inked: Plane, pale: tuple[int, int, int], rng: np.random.Generator
) -> Picture:
    """Print on the sheet: specks the baren missed, long fibres, an uneven border."""
    size = picture.shape[0]
    x, y = grid(size)
    paper = tooth(rng, size, 2.6)
    ragged = 0.0025 * value_noise(rng, size, 40, octaves=3)
    rim = np.minimum(np.minimum(x, 1 - x), np.minimum(y, 1 - y)) + ragged
    border = smoothstep(0.0225, 0.020, rim)
    specks = (1 - salted(rng, size, paper, 0.02)) * 0.6
    threads = fibres(rng, size)
    bare = np.maximum(np.maximum(border, specks), 0.11 * threads)
    factor = inked * (1 - bare) + bare * (1 - 0.05 * threads)
    picture = painted(picture, pale, bare)
    factor *= shaded(paper, 0.025)
    return cv2.multiply(picture, cv2.merge([factor] * 3), dtype=cv2.CV_8U)
