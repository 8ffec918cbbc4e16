"""Woodblock: few flat colours with wiped gradients, a swelling key line, wood grain on washi."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from likeness_model.painter.scene import Look, Scene
from likeness_model.painter.styles.print import ukiyo
from likeness_model.painter.styles.print.ukiyo import Pigments, Scenery
from likeness_model.painter.technique.blocks import (
    filled, main_colours, nearest_block, outline, salted, shifted,
)
from likeness_model.painter.technique.contour import line_response
from likeness_model.painter.technique.figure import edge_at, signed_distance, spread_out
from likeness_model.painter.technique.flow import along_edges, settled
from likeness_model.painter.technique.ink import cut, ink_lines
from likeness_model.painter.technique.noise import value_noise
from likeness_model.painter.technique.paper import fibres, shaded, tooth, wood
from likeness_model.painter.technique.planes import (
    Picture, Plane, blur, grid, mix, resized, smoothstep, to_picture, to_planes,
)
from likeness_model.painter.technique.tone import flattened

WORK = 512  # side of the grid on which the colour blocks are found
POTS = 3  # colours for the hair, and as many for the clothes


@dataclass(frozen=True, slots=True)
class Print:
    """A subject for the scenery, with the pigments it is printed in."""

    subject: str
    pigments: Pigments


PRINTS = (
    Print("sun", Pigments((38, 74, 118), (240, 196, 130), (28, 58, 104), (92, 142, 170), (206, 62, 46))),
    Print("waves", Pigments((30, 62, 112), (226, 214, 180), (24, 54, 104), (108, 156, 184), (206, 74, 52))),
    Print("mountain", Pigments((196, 78, 56), (246, 206, 150), (40, 70, 110), (112, 140, 150), (216, 90, 58))),
    Print("blossom", Pigments((112, 160, 170), (240, 178, 178), (78, 62, 58), (160, 178, 150), (200, 60, 78))),
    Print("rain", Pigments((24, 38, 78), (84, 116, 146), (20, 36, 74), (58, 88, 124), (216, 170, 84))),
    Print("sea", Pigments((214, 120, 70), (248, 214, 150), (24, 78, 110), (84, 150, 166), (218, 66, 48))),
)


def woodblock(scene: Scene, look: Look) -> Picture:
    """Print the sitter before a famous view: colour blocks first, the key block over them."""
    rng = look.rng()
    size = scene.size
    chosen = look.pick_palette(PRINTS)
    scenery = view(chosen, rng, size)
    distance = signed_distance(scene.alpha, smooth=0.004)
    figure = figure_blocks(scene, look)
    cover = edge_at(distance, 0.0, max(1.0, size / 800))
    colour = mix(to_planes(scenery.colour), figure, cover)
    lines = to_planes(scenery.lines) * (1 - cover)
    contour = outline(distance, rng, size / 210)
    lines = np.maximum(lines, np.maximum(contour, key_block(scene, rng) * cover))
    off = rng.uniform(-1, 1, 2) * size / 700
    colour = shifted(colour, float(off[0]), float(off[1]))
    colour = printed(colour, rng, size)
    ink = np.array(chosen.pigments.key, np.float32) / 255
    picture = mix(colour, np.broadcast_to(ink, colour.shape), np.float32(0.94) * lines)
    mark, place = ukiyo.seal(rng, size)
    red = np.array((190, 44, 38), np.float32) / 255
    picture[place] = mix(picture[place], red, mark * np.float32(0.92))
    return on_washi(picture, chosen.pigments.pale, rng)


def view(chosen: Print, rng: np.random.Generator, size: int) -> Scenery:
    scenery = Scenery(chosen.pigments, ukiyo.bokashi(chosen.pigments, rng, size))
    if chosen.subject == "sun":
        ukiyo.sun(scenery, rng)
        ukiyo.mist(scenery, rng, (0.16, 0.40, 0.66))
    elif chosen.subject == "waves":
        ukiyo.moon(scenery, rng)
        ukiyo.waves(scenery, rng)
    elif chosen.subject == "mountain":
        ukiyo.mountain(scenery, rng)
        ukiyo.mist(scenery, rng, (0.62, 0.76))
    elif chosen.subject == "blossom":
        ukiyo.blossom(scenery, rng)
    elif chosen.subject == "rain":
        ukiyo.moon(scenery, rng)
        ukiyo.mist(scenery, rng, (0.30, 0.55))
        ukiyo.rain(scenery, rng)
    else:
        ukiyo.sun(scenery, rng)
        ukiyo.seigaiha(scenery, 0.58)
    return scenery


def figure_blocks(scene: Scene, look: Look) -> Plane:
    """The sitter in flat colours 0..1: skin and its shadow, white of eye and tooth, lips, and
    POTS colours each for hair and clothes. Skin keeps the sitter's own tone."""
    side = min(WORK, scene.size)
    photo = flattened(spread_out(scene.foreground, scene.alpha), side=side, passes=3, range_sigma=34)
    lab = cv2.cvtColor(photo.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    face, skin, alpha = (resized(x, side) for x in (scene.face, scene.skin, scene.alpha))
    hair = resized(scene.hair, side)
    bare = np.maximum(face, skin * (1 - hair))
    closing = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side // 24 | 1,) * 2)
    bare = blur(cv2.morphologyEx(bare, cv2.MORPH_CLOSE, closing), side / 200)  # lights on the skin
    core = (face > 0.8) & (resized(scene.detail, side) < 0.8)
    flesh = np.median(lab[core], axis=0) if core.any() else np.array((65, 15, 18), np.float32)
    lit = flesh + np.array((4.0, 0.5, 2.0), np.float32)
    shade = np.array((0.80, 1.06, 1.1), np.float32) * flesh
    smooth = cv2.GaussianBlur(lab, (0, 0), side / 300)
    chin, nose = (scene.mesh[index, 1] / scene.size for index in (152, 1))
    low = np.broadcast_to(smoothstep(-0.02, 0.05, grid(side)[1] - chin), bare.shape)
    high = np.broadcast_to(smoothstep(0.0, -0.06, grid(side)[1] - nose), bare.shape)
    costs, pots = [], []
    for part, elsewhere in ((low < 0.5, low * np.float32(0.2)), (low >= 0.5, high)):
        seen = lab[part & (alpha > 0.6) & (bare < 0.35)][::9]
        for colour in main_colours(seen, POTS) if len(seen) > 99 else ():
            costs.append(((smooth - colour) ** 2).sum(2) + 4000 * bare + 3000 * elsewhere)
            pots.append(pigment(colour))
    tone = blur(lab[..., 0], side / 150)
    border = flesh[0] - 9.0
    off_skin = (900 + 3100 * low) * (1 - bare)
    costs.append(np.maximum(border - tone, 0) * 40 + off_skin)
    costs.append(np.maximum(tone - border, 0) * 40 + off_skin)
    whites = np.maximum(resized(scene.eyes, side), resized(scene.mouth, side))
    costs.append(9000 - 12000 * whites * smoothstep(flesh[0] - 6, flesh[0] + 8, lab[..., 0]))
    costs.append(9000 - 11000 * resized(scene.lips, side))
    red = np.median(lab[resized(scene.lips, side) > 0.6], axis=0)
    lips = np.array((0.92 * red[0], red[1] + 10, red[2] + 4), np.float32)
    costs = [cv2.GaussianBlur(cost.astype(np.float32), (0, 0), side / 420) for cost in costs]
    blocks = nearest_block(costs, scene.size)
    table = np.stack([*pots, lit, shade, (94, 0, 5), lips])
    colours = cv2.cvtColor(table.astype(np.float32)[None], cv2.COLOR_LAB2RGB)[0]
    flat = filled(blocks, np.clip(colours, 0, 1), max(0.6, scene.size / 1300))
    return wiped(flat, scene)


def pigment(lab: Plane) -> Plane:
    """A colour as the printer's pots have it: blacks turn indigo, brights a little earthen."""
    light, a, b = lab
    dark = max(0.0, 1 - light / 45)
    return np.array((light * 0.96 + 9 * dark, a * 1.1, b * 1.1 - 14 * dark), np.float32)


def wiped(figure: Plane, scene: Scene) -> Plane:
    """Bokashi on the sitter: the robe deepens below, the cheeks blush, the crown darkens."""
    size = scene.size
    y = grid(size)[1]
    below = smoothstep(0.70, 1.0, y) * (1 - scene.face) * np.float32(0.35)
    figure = figure * (1 - below)[..., None]
    blush = np.zeros((size // 4, size // 4), np.float32)
    for index in (50, 280):
        centre = np.round(scene.mesh[index, :2] / 4).astype(int).tolist()
        cv2.circle(blush, tuple(centre), round(size / 4 * 0.035), 1.0, -1)
    blush = resized(blur(blush, size / 4 / 40), size) * scene.face * np.float32(0.30)
    return figure * (1 - blush[..., None] * np.array((0.05, 0.32, 0.30), np.float32))


def key_block(scene: Scene, rng: np.random.Generator) -> Plane:
    """Cover of the key block inside the sitter, 0..1.

    Faces are drawn in lines alone, and only eyes, brows and mouth are blacked in; hair and robe
    take spot blacks as well.
    """
    size = scene.size
    side = min(640, size)
    photo = flattened(spread_out(scene.foreground, scene.alpha), side=side, passes=1, range_sigma=24)
    swell = value_noise(rng, side, 8, octaves=2)
    bare = blur(resized(np.maximum(scene.face, scene.skin * (1 - scene.hair)), side), side / 160)
    cloth = ink_lines(
        photo, size=size, width=1.15, sharpness=17, level=0.36 + np.float32(0.06) * swell,
        along=6, smallest=46,
    )
    tone = np.asarray(cv2.cvtColor(photo, cv2.COLOR_RGB2LAB)[..., 0], np.float32) / 255
    flow = settled(along_edges(photo, side / 160), side / 200)
    line = line_response(tone, flow, width=side / 380, reach=side / 60)
    line = line * (1 + np.float32(0.35) * swell)
    parts = blur(resized(np.maximum(scene.eyes, scene.brows), side), side / 160)
    parts = np.maximum(parts, resized(np.maximum(scene.mouth, scene.lips), side))
    flesh = float(np.median(tone[resized(scene.face, side) > 0.8]))
    black = smoothstep(flesh - 0.24, flesh - 0.36, tone) * smoothstep(0.15, 0.6, parts)
    drawn = cut(resized(line, size), 0.022, 0.016, size)
    return mix(cloth, np.maximum(drawn, cut(resized(black, size), 0.5, 0.3, size)), resized(bare, size))


def printed(colour: Plane, rng: np.random.Generator, size: int) -> Plane:
    """What the block adds: the grain of the plank in the flats, and specks the baren missed."""
    grain = wood(rng, size)
    paper = tooth(rng, size, 2.6)
    dark = 1 - colour.mean(2)
    weight = np.float32(0.014) + np.float32(0.05) * dark
    inked = colour * (1 - weight * grain)[..., None]
    bare = 1 - salted(rng, size, paper, 0.02)
    return mix(inked, np.broadcast_to(np.float32(0.95), inked.shape), bare * np.float32(0.6))


def on_washi(picture: Plane, pale: tuple[int, int, int], rng: np.random.Generator) -> Picture:
    """The sheet's fibres and its uneven border."""
    size = picture.shape[0]
    x, y = grid(size)
    ragged = np.float32(0.0025) * value_noise(rng, size, 40, octaves=3)
    rim = np.minimum(np.minimum(x, 1 - x), np.minimum(y, 1 - y)) + ragged
    sheet = np.array(pale, np.float32) / 255
    picture = mix(np.broadcast_to(sheet, picture.shape), picture, smoothstep(0.020, 0.0225, rim))
    threads = fibres(rng, size)
    picture = picture * (1 - np.float32(0.05) * threads[..., None])
    picture = mix(picture, sheet, np.float32(0.10) * threads)
    return to_picture(picture * shaded(tooth(rng, size, 3.0), 0.025)[..., None])
