"""Mosaic: stones in rows that flow about face and figure, before gold, lapis or the sea."""

from dataclasses import dataclass

import cv2
import numpy as np

from likeness_model.painter.regions import (
    LEFT_BROW,
    LEFT_EYE,
    LIPS_INSIDE,
    LIPS_OUTSIDE,
    OVAL,
    RIGHT_BROW,
    RIGHT_EYE,
    face_height,
    indexes,
)
from likeness_model.painter.registry import Scene, Variation, paints
from likeness_model.painter.styles.tiles import grounds
from likeness_model.painter.technique import features, tesserae, tone
from likeness_model.painter.technique.noise import speckle
from likeness_model.painter.technique.planes import Picture, Plane, painted, resized, smoothstep
from likeness_model.painter.technique.tone import Colour
from likeness_model.vision.records import Image

LAYOUT = 640  # side of the grid for stones; their edges are drawn at full size

FEATURE_RINGS = (RIGHT_EYE, LEFT_EYE, RIGHT_BROW, LEFT_BROW, LIPS_OUTSIDE, LIPS_INSIDE)
FINE_RINGS = (RIGHT_EYE, LEFT_EYE, RIGHT_BROW, LEFT_BROW, LIPS_OUTSIDE)
NOSE_LINES = ("168 6 197 195 5 4", "129 98 97 2 326 327 358")


@dataclass(frozen=True)
class Sides:
    """Stones' sides: the first two in shares of the picture, the others of the face's height."""

    ground: float = 0.0205
    figure: float = 0.0170
    face: float = 1 / 36
    fine: float = 1 / 58


@paints("mosaic")
def mosaic(scene: Scene, variation: Variation) -> Image:
    ground = variation.pick_palette(grounds.GROUNDS)(LAYOUT, variation.rng(1))
    picture = _design(scene, ground)
    cut = _stones(scene, variation, ground)
    colours = _smalti(tesserae.mean_colours(picture, cut.label), variation.rng(2))
    return _set_in_mortar(scene, colours, cut, ground.mortar, variation.rng(4))


def _design(scene: Scene, ground: grounds.Ground) -> Picture:
    """The picture that the stones are to show, at LAYOUT: crisp figure before the ground."""
    figure = resized(scene.foreground, LAYOUT)
    figure = features.bright_eyes(
        figure, resized(scene.eyes, LAYOUT), resized(scene.irises, LAYOUT), 0.5
    )
    figure = _darker(figure, resized(scene.irises, LAYOUT), 0.45)
    figure = _darker(figure, resized(scene.brows, LAYOUT), 0.15)
    soft = cv2.GaussianBlur(figure, (0, 0), LAYOUT * 0.012)
    figure = cv2.addWeighted(figure, 1.75, soft, -0.75, 0)
    figure = tone.saturated(figure, 1.18, resized(scene.bare, LAYOUT))
    solid = (resized(scene.alpha, LAYOUT) > 0.5).astype(np.float32)
    return painted(ground.picture, figure, solid)


def _darker(picture: Picture, where: Plane, amount: float) -> Picture:
    """Darken small dark features, because stones average them with their surroundings."""
    factor = 1 - amount * where
    return cv2.multiply(picture, cv2.merge([factor] * 3), dtype=cv2.CV_8U)


def _stones(scene: Scene, variation: Variation, ground: grounds.Ground) -> tesserae.Cut:
    mesh = scene.mesh * (LAYOUT / scene.size)
    solid = (cv2.GaussianBlur(resized(scene.alpha, LAYOUT), (0, 0), 2) > 0.5).astype(np.uint8)
    lines = np.where(solid > 0, np.uint8(0), ground.lines)
    outline, _ = cv2.findContours(solid, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(lines, outline, -1, 255, 1)
    lines = np.maximum(lines, _folds(scene, solid, mesh))
    _draw(lines, mesh, (OVAL, *scene.shown(FEATURE_RINGS)), closed=True)
    _draw(lines, mesh, tuple(scene.shown(NOSE_LINES)), closed=False)
    lines[[0, -1], :] = lines[:, [0, -1]] = 0
    side = _sides(solid, mesh, variation.mildness)
    stones = tesserae.lay_rows(lines, side, variation.rng(3))
    return tesserae.cut(tesserae.settled(stones, LAYOUT), LAYOUT)


def _sides(solid: Picture, mesh: Plane, mildness: float) -> Plane:
    sides = Sides()
    finer = 1 - 0.3 * mildness
    side = np.where(solid > 0, np.float32(sides.figure), np.float32(sides.ground))
    side *= LAYOUT
    tall = face_height(mesh)
    for rings, share in (((OVAL,), sides.face), (FINE_RINGS, sides.fine)):
        for ring in rings:
            cv2.fillPoly(side, [_points(mesh, ring)], share * tall * finer, cv2.LINE_8, 4)
    return side


def _folds(scene: Scene, solid: Picture, mesh: Plane) -> Picture:
    """Long edges of hair and clothes: rows follow them and the outline."""
    grey = cv2.cvtColor(resized(scene.foreground, 320), cv2.COLOR_RGB2GRAY)
    edges = cv2.Canny(cv2.GaussianBlur(grey, (0, 0), 2.2), 18, 45, L2gradient=True)
    count, label, stats, _ = cv2.connectedComponentsWithStats(edges, connectivity=8)
    long = np.flatnonzero(stats[1:, cv2.CC_STAT_AREA] > 45) + 1
    kept = np.isin(label, long).astype(np.uint8) * np.uint8(255) if count > 1 else edges
    large = cv2.resize(kept, (LAYOUT, LAYOUT), interpolation=cv2.INTER_NEAREST)
    near_face = np.zeros_like(solid)
    cv2.fillPoly(near_face, [_points(mesh, OVAL)], 1, cv2.LINE_8, 4)
    near_face = cv2.dilate(near_face, np.ones((15, 15), np.uint8))
    return np.where((near_face > 0) | (cv2.erode(solid, np.ones((15, 15))) == 0), 0, large).astype(
        np.uint8
    )


def _points(mesh: Plane, ring: str) -> np.ndarray:
    return np.round(mesh[indexes(ring), :2] * 16).astype(np.int32)


def _draw(lines: Picture, mesh: Plane, rings: tuple[str, ...], *, closed: bool) -> None:
    paths = [_points(mesh, ring) for ring in rings]
    for path in paths:
        cv2.polylines(lines, [path], closed, 255, 1, cv2.LINE_8, 4)


def _smalti(colours: Plane, rng: np.random.Generator) -> Plane:
    """Round the stones' colours to a glass maker's range, with slight variation."""
    lab = cv2.cvtColor(colours[None] / 255, cv2.COLOR_RGB2Lab)[0]
    lab[:, 0] = np.round(lab[:, 0] / 5) * 5 + rng.normal(0, 2.0, len(lab))
    lab[:, 1:] += rng.normal(0, 1.6, (len(lab), 2))
    rgb = cv2.cvtColor(lab[None], cv2.COLOR_Lab2RGB)[0]
    return np.clip(rgb * 255, 0, 255)


def _set_in_mortar(
    scene: Scene, colours: Plane, cut: tesserae.Cut, mortar: Colour, rng: np.random.Generator
) -> Image:
    """Set the stones in mortar, each slightly tilted, so that each catches its own light."""
    size = scene.size
    unit, scale = size / 1024, size / LAYOUT
    inside = cut.inside - _gaps(cut)[cut.label]
    wide = (size, size)
    distance = cv2.resize(inside * scale, wide, interpolation=cv2.INTER_CUBIC)
    glint = rng.normal(0, 1, len(colours)).astype(np.float32)
    shine = colours * (1 + 0.055 * glint[:, None])
    table = np.rint(np.vstack([shine, np.zeros((1, 3))]).clip(0, 255)).astype(np.uint8)
    flat = cv2.resize(table[cut.label], wide, interpolation=cv2.INTER_NEAREST)
    light = tesserae.bevelled(distance, 2.6 * unit)
    grain = speckle(rng, size, 2.0)
    factor = 1 + 0.24 * light + 0.05 * grain
    stone = np.clip(cv2.multiply(flat, cv2.merge([factor] * 3), dtype=cv2.CV_32F), 0, 255)
    gleam = np.clip(light - 0.4, 0, 1) * 40
    stone = np.rint(np.clip(stone + gleam[..., None], 0, 255)).astype(np.uint8)
    cover = np.clip(distance + 0.5, 0, 1)
    return painted(_mortar(scene, flat, distance, mortar, grain), stone, cover)


def _gaps(cut: tesserae.Cut) -> Plane:
    """Half the mortar's width beside each stone, in LAYOUT pixels: thin between small stones,
    so that the mortar does not darken a face of fine stones."""
    held = cut.label[cut.label >= 0]
    side = np.sqrt(np.bincount(held, minlength=int(cut.label.max()) + 1))
    half = np.clip(0.048 * side, 0.25, 0.66)
    return np.append(half, 0).astype(np.float32)


def _mortar(scene: Scene, flat: Picture, distance: Plane, colour: Colour, grain: Plane) -> Picture:
    """Mortar has half the tone of the surrounding stones; on skin all of it, because joints take a
    third of a face of fine stones and would darken it."""
    side = 256
    around = cv2.blur(resized(flat, side), (9, 9))
    bare = resized(scene.bare, side)
    base = np.full_like(around, colour)
    tinted = painted(
        cv2.addWeighted(base, 0.42, around, 0.5, 0), cv2.convertScaleAbs(around, alpha=1.27), bare
    )
    depth = 0.82 + 0.1 * grain + 0.2 * smoothstep(0.0, -3.0, distance)
    return cv2.multiply(resized(tinted, flat.shape[0]), cv2.merge([depth] * 3), dtype=cv2.CV_8U)
