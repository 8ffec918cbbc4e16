"""Linocut: a black block and one or two colours, cut with gouges that follow the form."""

from dataclasses import dataclass

import cv2
import numpy as np

from likeness_model.painter.registry import Scene, Variation, paints
from likeness_model.painter.technique.blocks import salted, shifted
from likeness_model.painter.technique.contour import line_response
from likeness_model.painter.technique.figure import edge_at, signed_distance
from likeness_model.painter.technique.flow import (
    Orientation,
    along_edges,
    around_form,
    at_angle,
    settled,
)
from likeness_model.painter.technique.form import inflated, modelled, opened
from likeness_model.painter.technique.gouge import Gouge, cuts
from likeness_model.painter.technique.ink import cut
from likeness_model.painter.technique.noise import value_noise
from likeness_model.painter.technique.paper import shaded, tooth
from likeness_model.painter.technique.planes import (
    Picture,
    Plane,
    blur,
    dimmed,
    grid,
    lightness,
    mix,
    plain,
    resized,
    rgb,
    smoothstep,
    to_picture,
)
from likeness_model.painter.technique.shade import face_depth
from likeness_model.painter.technique.tone import Colour


@dataclass(frozen=True, slots=True)
class Inks:
    """Paper, key ink, the colour of the sitter's half tones and that of the background."""

    paper: Colour
    key: Colour
    half: Colour
    ground: Colour


INKS = (
    Inks((242, 233, 214), (26, 24, 26), (226, 150, 76), (200, 62, 44)),
    Inks((240, 236, 222), (18, 36, 58), (112, 174, 176), (238, 188, 82)),
    Inks((244, 236, 220), (28, 26, 26), (228, 132, 104), (52, 122, 118)),
    Inks((242, 234, 216), (30, 40, 30), (214, 176, 84), (108, 142, 86)),
    Inks((243, 238, 228), (40, 24, 46), (232, 150, 160), (122, 92, 164)),
    Inks((240, 232, 214), (24, 24, 26), (206, 172, 128), (24, 24, 26)),
)
GROUNDS = ("rays", "ripples", "slant", "chatter", "night")

KEY = Gouge(spacing=11, length=64, solid=0.26, clear=0.66)
KEY_FINE = Gouge(spacing=7.0, length=36, solid=0.22, clear=0.56)
HALF = Gouge(spacing=8.5, length=50, solid=0.62, clear=0.97)
BROAD = Gouge(spacing=22, length=130, solid=0.14, clear=1.1)
SPARSE = Gouge(spacing=33, length=90, solid=0.14, clear=1.1)


@paints("linocut")
def linocut(scene: Scene, variation: Variation) -> Picture:
    """Cut and print three blocks: the ground, the half tones, and the black over them."""
    rng = variation.rng()
    size, half = scene.size, scene.size // 2
    inks = variation.pick_palette(INKS)
    kind = variation.pick_background(GROUNDS)
    tone = cut_tone(scene, half)
    field = gouge_field(scene, half)
    distance = signed_distance(scene.alpha, smooth=0.005)
    figure = edge_at(distance, 0.0, 1.2)
    gap = edge_at(distance, -size / 150, 1.2)  # a white line is cut around the sitter
    ground = ground_block(kind, scene, rng) * (1 - gap)
    middle = (1 - cuts(rng, tone, field, HALF, size=size)) * figure
    key = key_block(scene, rng, tone, field, variation.mildness) * figure
    sheet = tooth(rng, size, 2.4)
    picture = plain(rgb(inks.paper), size)
    printed = np.zeros((size, size), np.float32)
    for block, ink, off in (
        (ground, inks.key if kind == "night" else inks.ground, float(kind != "night")),
        (middle, inks.half, 1.0),
        (key, inks.key, 0.0),
    ):
        move = rng.uniform(-1, 1, 2) * off * size / 420
        cover = shifted(block, float(move[0]), float(move[1]))
        cover = cover * salted(rng, size, sheet, 0.035) * 0.97
        picture = mix(picture, rgb(ink), cover)
        printed = np.maximum(printed, cover)
    peel = 0.55 * roller_mottle(printed, rng)
    inked = cv2.add(picture, cv2.merge([peel] * 3))
    return to_picture(dimmed(inked, shaded(sheet, 0.03)))


def roller_mottle(cover: Plane, rng: np.random.Generator) -> Plane:
    """Ink from a roller: mottled like orange peel, squeezed out darker along the cut edges."""
    size = cover.shape[0]
    peel = 0.035 * value_noise(rng, size, 150, octaves=2)
    peel += 0.03 * value_noise(rng, size, 5, octaves=2)
    squeezed = 0.10 * np.clip(cover - blur(cover, size / 300), 0, 1)
    return (peel - squeezed) * cover


def cut_tone(scene: Scene, size: int) -> Plane:
    """Lightness 0..1 in clear shapes, with stronger modelling of the face."""
    photo = cv2.bilateralFilter(resized(scene.foreground, size), 9, 30, 6)
    face, figure = resized(scene.face, size), resized(scene.alpha, size)
    tone = lightness(photo)
    tone = opened(tone, face, figure, of_face=0.65, darkest=0.04)
    tone = modelled(blur(tone, size / 400), figure, 0.4)
    tone = cv2.pow(tone, 1.25)
    lips, mouth = resized(scene.lips, size), resized(scene.mouth, size)
    tone = np.clip(tone - 0.22 * lips, 0, 1)
    tone = np.maximum(tone, mouth * smoothstep(0.35, 0.6, tone))
    rest = smoothstep(0.5, 0.1, resized(scene.detail, size))
    return mix(tone, blur(tone, size / 130), 0.6 * rest)


def gouge_field(scene: Scene, size: int) -> Orientation:
    """Direction of the cuts: around the form like the lines of a globe, along hair and folds."""
    relief = inflated(resized(scene.alpha, size))
    relief += 1.1 * face_depth(scene.mesh, scene.size, size)
    wrapped = around_form(blur(relief, size / 40), 0.25, 1.2)
    edges = along_edges(resized(scene.foreground, size), size / 70)
    bare = blur(resized(scene.face, size), size / 60)
    weight = (2.4 - 1.8 * bare)[..., None]
    return settled(wrapped + edges * weight, size / 90)


def key_block(
    scene: Scene, rng: np.random.Generator, tone: Plane, field: Orientation, mildness: float
) -> Plane:
    """The black of the key block: shadows opened by gouges, and the lines of the drawing."""
    size, side = scene.size, tone.shape[0]
    coarse = 1 - cuts(rng, tone, field, KEY, size=size)
    fine = 1 - cuts(rng, tone, field, KEY_FINE, size=size)
    near = smoothstep(0.28, 0.42, scene.detail + (0.2 * mildness))
    edges = settled(along_edges(resized(scene.foreground, side), side / 150), side / 180)
    swell = 1 + 0.4 * value_noise(rng, side, 8, octaves=2)
    line = line_response(tone, edges, width=side / (330 + 130 * mildness), reach=side / 60) * swell
    drawn = cut(resized(line, size), 0.024, 0.006, size)
    return np.maximum(mix(coarse, fine, near), drawn)


def ground_block(kind: str, scene: Scene, rng: np.random.Generator) -> Plane:
    """The background's block, opened by broad cuts: away from the head, around it, or across."""
    size, side = scene.size, scene.size // 2
    x, y = grid(side)
    middle = 0.44
    away = np.sqrt((x - 0.5) ** 2 + (y - middle) ** 2)
    turn = np.arctan2(y - middle, x - 0.5)
    cloud = value_noise(rng, side, 4, octaves=2)
    angles = {
        "rays": turn,
        "night": turn,
        "ripples": turn + np.pi / 2,
        "slant": 0 * turn + rng.choice((-0.7, 0.7)),
        "chatter": 1.4 * cloud,
    }
    light = {
        "rays": 0.16 + 0.55 * away,
        "night": 0.06 + 0.50 * away,
        "ripples": 0.58 - 0.55 * away,
        "slant": 0.30 + 0.25 * (y - 0.4) + 0 * away,
        "chatter": 0.36 + 0 * away,
    }[kind]
    tone = np.clip(light + 0.05 * cloud, 0, 0.9).astype(np.float32)
    field = at_angle(angles[kind].astype(np.float32), side)
    gouge = SPARSE if kind in {"ripples", "chatter"} else BROAD
    return 1 - cuts(rng, tone, field, gouge, size=size)
