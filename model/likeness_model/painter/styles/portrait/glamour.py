"""Glamour: even skin, clearer and slightly refined features, beauty light."""

import cv2
import numpy as np

from likeness_model.painter.regions import face_height
from likeness_model.painter.registry import Scene, Variation, paints
from likeness_model.painter.styles.portrait import makeup
from likeness_model.painter.styles.portrait.backdrop import BACKDROPS, Mood
from likeness_model.painter.styles.portrait.refine import refined
from likeness_model.painter.technique.light import screened
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
from likeness_model.vision.records import Floats, Image

MOODS = (
    Mood(
        (0.05, 0.04, 0.06),
        (0.28, 0.13, 0.16),
        (0.78, 0.50, 0.44),
        (1.0, 0.74, 0.56),
        (44, 20),
        (9, 4),
    ),
    Mood(
        (0.03, 0.05, 0.08),
        (0.10, 0.20, 0.30),
        (0.42, 0.62, 0.72),
        (0.62, 0.86, 1.0),
        (38, 10),
        (2, -8),
    ),
    Mood(
        (0.10, 0.06, 0.03),
        (0.42, 0.27, 0.13),
        (0.93, 0.75, 0.48),
        (1.0, 0.85, 0.55),
        (36, 22),
        (7, 14),
    ),
    Mood(
        (0.07, 0.03, 0.10),
        (0.32, 0.13, 0.38),
        (0.85, 0.55, 0.82),
        (1.0, 0.62, 0.88),
        (46, 4),
        (12, -9),
    ),
    Mood(
        (0.03, 0.06, 0.05),
        (0.08, 0.24, 0.20),
        (0.48, 0.66, 0.52),
        (0.80, 1.0, 0.84),
        (40, 18),
        (-5, 8),
    ),
    Mood(
        (0.30, 0.27, 0.26),
        (0.66, 0.60, 0.57),
        (0.94, 0.90, 0.86),
        (1.0, 0.96, 0.90),
        (34, 14),
        (6, 7),
    ),
)


@paints("glamour")
def glamour(scene: Scene, variation: Variation) -> Image:
    mood, backdrop = variation.pick_palette(MOODS), variation.pick_background(BACKDROPS)
    full = 1 - 0.6 * variation.mildness
    scene = refined(scene, full)
    lab = made_up(scene, mood, full)
    figure = np.clip(cv2.cvtColor(lab, cv2.COLOR_Lab2RGB), 0, 1)
    del lab
    figure = rim_lit(figure, scene, mood, side=-1 if variation.rng(1).random() < 0.5 else 1)
    ground = backdrop(mood, scene.size, variation.rng())
    return to_picture(finished(_composed(figure, ground, scene.alpha, scene.luminance), scene))


def made_up(scene: Scene, mood: Mood, amount: float) -> Floats:
    """The portrait in CIE Lab after skin, contour, eyes, brows and lips; the skin's mean tone does
    not change."""
    before = cv2.cvtColor(to_planes(scene.foreground), cv2.COLOR_RGB2Lab)
    lab = makeup.even_skin(before, scene, amount)
    lab = makeup.contour(lab, scene, amount)
    lab = beauty_light(lab, scene, amount)
    lab = makeup.keep_skin_tone(lab, before, scene)
    lab = makeup.open_eyes(lab, scene, amount)
    lab = makeup.define_eyes(lab, scene, amount, mood.shadow)
    lab = makeup.define_brows(lab, scene, amount)
    lab = makeup.colour_lips(lab, scene, amount, mood.lips)
    lab = makeup.whiten_teeth(lab, scene, amount)
    return crisp(lab, scene, amount)


def beauty_light(lab: Floats, scene: Scene, amount: float) -> Floats:
    """A large soft lamp above the camera: it emphasises the face."""
    x, y = grid(scene.size)
    centre = scene.mesh[[10, 152, 1], :2].mean(0) / scene.size
    tall = face_height(scene.mesh) / scene.size
    away = np.hypot((x - centre[0]) / (1.05 * tall), (y - centre[1] + 0.08 * tall) / (1.15 * tall))
    fall = smoothstep(0.35, 1.7, away.astype(np.float32))
    out = lab.copy()
    out[..., 0] *= 1 - 0.22 * amount * fall
    return out


def crisp(lab: Floats, scene: Scene, amount: float) -> Floats:
    """Clarity for hair, brows and eyes, not for skin."""
    where = np.maximum(scene.hair * 0.8, np.maximum(scene.eyes, scene.brows))
    where = blur(where, max(1.0, scene.size * 0.002)) * amount
    fine = lab[..., 0] - blur(lab[..., 0], face_height(scene.mesh) * 0.008)
    out = lab.copy()
    out[..., 0] += 0.55 * fine * where
    return out


def rim_lit(figure: Plane, scene: Scene, mood: Mood, side: int) -> Plane:
    """A lamp behind the sitter draws a line of light along hair and shoulder on one side."""
    soft = blur(scene.alpha, scene.size * 0.010)
    slope = cv2.Sobel(soft, cv2.CV_32F, 1, 0) * (side * scene.size / 26)
    edge = smoothstep(0.0, 1.0, slope) * scene.alpha * (1 - 0.75 * scene.face)
    light = scene.luminance
    strands = 0.55 + 4 * (light - blur(light, scene.size * 0.006))
    # Dark cloth hardly reflects the lamp: on it an even line would be a seam.
    edge = edge * np.clip(strands, 0.15, 1.2) * (0.08 + 0.9 * light) * 0.7
    channels = zip(cv2.split(figure), mood.rim, strict=True)
    return cv2.merge([1 - (1 - plane) * (1 - edge * lamp) for plane, lamp in channels])


def _composed(figure: Plane, ground: Plane, alpha: Plane, light: Plane) -> Plane:
    """Composite over the backdrop, whose light wraps slightly around the edge."""
    size = alpha.shape[0]
    spill = blur(dimmed(ground, 1 - alpha), size * 0.02)
    edge = alpha * blur(1 - alpha, size * 0.012) * 0.5
    picture = mix(ground, figure, alpha)
    return screened(picture, dimmed(spill, edge * (0.2 + 0.8 * light)))


def finished(picture: Plane, scene: Scene) -> Plane:
    """The lens: slight bloom and vignetting."""
    high = np.clip(picture - 0.72, 0, 1)
    glow = blur(high, scene.size * 0.018)
    glow *= 0.35
    picture = screened(picture, glow)
    x, y = grid(scene.size)
    corner = smoothstep(0.45, 0.95, np.hypot(x - 0.5, y - 0.46).astype(np.float32))
    return dimmed(picture, 1 - 0.38 * corner)
