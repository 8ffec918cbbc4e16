"""Cosmic: a double exposure of the sitter and a sky of nebulae and stars."""

import cv2
import numpy as np

from likeness_model.painter.regions import face_height
from likeness_model.painter.registry import Scene, Variation, paints
from likeness_model.painter.styles.portrait import sky
from likeness_model.painter.styles.portrait.sky import Palette
from likeness_model.painter.technique.light import screened
from likeness_model.painter.technique.noise import value_noise
from likeness_model.painter.technique.planes import (
    Plane,
    blur,
    dimmed,
    grid,
    mix,
    smoothstep,
    to_picture,
    to_planes,
)
from likeness_model.vision.records import Image

PALETTES = (
    Palette(
        (
            (0.01, 0.01, 0.05),
            (0.10, 0.05, 0.28),
            (0.45, 0.12, 0.52),
            (0.93, 0.40, 0.66),
            (1.0, 0.88, 0.86),
        ),
        (0.45, 0.75, 1.0),
        ((0.05, 0.03, 0.14), (0.66, 0.38, 0.48), (1.0, 0.90, 0.84)),
    ),
    Palette(
        (
            (0.0, 0.02, 0.05),
            (0.02, 0.13, 0.22),
            (0.05, 0.42, 0.50),
            (0.95, 0.60, 0.30),
            (1.0, 0.93, 0.76),
        ),
        (1.0, 0.62, 0.30),
        ((0.02, 0.05, 0.10), (0.55, 0.44, 0.40), (1.0, 0.93, 0.82)),
    ),
    Palette(
        (
            (0.01, 0.02, 0.06),
            (0.06, 0.10, 0.30),
            (0.10, 0.45, 0.48),
            (0.42, 0.90, 0.62),
            (0.92, 1.0, 0.86),
        ),
        (0.72, 0.45, 1.0),
        ((0.03, 0.03, 0.12), (0.44, 0.46, 0.55), (0.93, 0.98, 0.93)),
    ),
    Palette(
        (
            (0.03, 0.0, 0.02),
            (0.22, 0.03, 0.08),
            (0.66, 0.13, 0.10),
            (1.0, 0.58, 0.20),
            (1.0, 0.94, 0.72),
        ),
        (1.0, 0.45, 0.35),
        ((0.09, 0.02, 0.05), (0.68, 0.40, 0.30), (1.0, 0.92, 0.78)),
    ),
    Palette(
        (
            (0.0, 0.01, 0.05),
            (0.03, 0.08, 0.28),
            (0.10, 0.30, 0.68),
            (0.45, 0.74, 0.98),
            (0.95, 0.98, 1.0),
        ),
        (0.80, 0.70, 1.0),
        ((0.02, 0.03, 0.12), (0.46, 0.48, 0.60), (0.96, 0.96, 1.0)),
    ),
)
SKIES = ("nebula", "eclipse", "spiral", "paper", "horizon")


@paints("cosmic")
def cosmic(scene: Scene, variation: Variation) -> Image:
    palette, kind = variation.pick_palette(PALETTES), variation.pick_background(SKIES)
    within = sky.nebula(palette, scene.size, variation.rng(1), fill=0.16, cells=2.6)
    field = sky.stars(scene.size, variation.rng(2), count=1700, bright=9)
    figure = exposed_twice(scene, palette, within, field, truth=0.62 + 0.3 * variation.mildness)
    del within, field
    space = behind(kind, palette, scene.size, variation.rng())
    cover = dissolving(scene, variation.rng(3))
    picture = mix(space, figure, cover)
    del space, figure
    if kind != "paper":
        picture = lit_edge(picture, scene, palette, cover)
    return to_picture(picture)


def behind(kind: str, palette: Palette, size: int, rng: np.random.Generator) -> Plane:
    if kind == "paper":
        return _paper(palette, size, rng)
    gas = sky.nebula(palette, size, rng, fill=-0.12 if kind == "nebula" else -0.2)
    further = {"eclipse": sky.eclipse, "spiral": sky.spiral, "horizon": sky.horizon}
    if kind in further:
        gas = screened(gas, further[kind](palette, size, rng))
    return screened(gas, sky.stars(size, rng, count=2600, bright=14))


def exposed_twice(
    scene: Scene, palette: Palette, within: Plane, field: Plane, *, truth: float
) -> Plane:
    """Double exposure: the sitter's light first, then the sky where the film is still dark.

    `truth` is the share of the sitter's own colours; the sky is faint on the face, so that the
    person is recognisable.
    """
    tall = face_height(scene.mesh)
    light = scene.luminance
    clear = light + 0.45 * (light - blur(light, tall * 0.05))
    keep = _kept(scene)
    sitter = mix(sky.coloured(clear, palette.sitter), to_planes(scene.foreground), keep * truth)
    sitter *= (0.34 + 0.66 * keep)[..., None]
    dark = 1 - smoothstep(0.10, 0.90, light)
    shows = (1 - 0.9 * keep) * (0.38 + 0.62 * dark)
    fold = light - blur(light, tall * 0.025)
    texture = np.clip(0.85 + 3.2 * fold, 0.25, 1.35)
    gas = dimmed(within, shows * texture * 1.15)
    gas = screened(np.clip(gas, 0, 1, out=gas), dimmed(field, shows * (1 - keep)))
    return _as_light_as(scene, screened(sitter, gas), keep)


def _kept(scene: Scene) -> Plane:
    """The part without sky: the face, and the skin of ears and neck."""
    tall = face_height(scene.mesh)
    brow = float(scene.mesh[[105, 334], 1].mean())
    rows = np.arange(scene.size, dtype=np.float32)[:, None]
    below_brow = smoothstep(brow - 0.10 * tall, brow + 0.05 * tall, rows)
    neck = smoothstep(1.5, 0.9, (rows - brow) / tall)
    # A high forehead is skin above the mesh; fair hair further out has the same colour.
    near_face = smoothstep(0.03, 0.22, blur(scene.face, tall * 0.11))
    skin = scene.skin * np.maximum(below_brow * neck, near_face)
    return blur(np.maximum(scene.face, skin), tall * 0.03)


def _as_light_as(scene: Scene, figure: Plane, keep: Plane) -> Plane:
    """Restore the face's mean lightness: the sky must not make it paler."""
    total = float(scene.face.sum())
    if total < 1:
        return figure
    light = cv2.cvtColor(figure, cv2.COLOR_RGB2Lab)[..., 0] / 100
    gain = float((scene.luminance * scene.face).sum() / max(1e-6, (light * scene.face).sum()))
    return dimmed(figure, 1 + keep * (gain - 1))


def dissolving(scene: Scene, rng: np.random.Generator) -> Plane:
    """The sitter's mask, dissolving into the sky below the shoulders."""
    size, tall = scene.size, face_height(scene.mesh) / scene.size
    chin = float(scene.mesh[152, 1]) / size
    _, y = grid(size)
    depth = (y - (chin + 0.16 * tall)) / max(0.2, 1.02 - chin - 0.16 * tall)
    ragged = value_noise(rng, size, 5, octaves=6) * 0.26
    fade = smoothstep(1.12, 0.30, depth + ragged)
    return scene.alpha * (0.12 + 0.88 * fade)


def lit_edge(picture: Plane, scene: Scene, palette: Palette, cover: Plane) -> Plane:
    """Starlight from behind: a fine line inside the silhouette, a faint glow outside it."""
    size = scene.size
    inside = cover * np.clip(1 - blur(scene.alpha, size * 0.007), 0, 1) * 1.5
    inside = inside * (1 - 0.7 * scene.face)
    outside = blur(cover, size * 0.03) * (1 - scene.alpha) * 0.30
    light = np.clip(inside * 0.8 + outside, 0, 1)[..., None]
    return screened(picture, np.array(palette.rim, np.float32) * light)


def _paper(palette: Palette, size: int, rng: np.random.Generator) -> Plane:
    """The poster variation: pale paper with a slight tint of the sky."""
    x, y = grid(size)
    away = np.hypot(x - 0.5, y - 0.45).astype(np.float32)
    wash = smoothstep(0.25, 0.85, away + value_noise(rng, size, 3, octaves=5) * 0.08)
    pale = 0.955 + value_noise(rng, size, 90, octaves=3) * 0.006
    tint = 1 - np.array(palette.gas[2], np.float32)
    paper = cv2.merge([pale, pale * 0.99, pale * 0.965])
    return paper * (1 - 0.20 * wash[..., None] * tint)
