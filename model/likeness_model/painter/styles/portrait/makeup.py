"""Make-up on the CIE Lab planes of a portrait (L 0..100)."""

import cv2
import numpy as np

from likeness_model.painter.regions import (
    LEFT_BROW,
    RIGHT_BROW,
    SUBPIXEL,
    face_height,
    fill,
)
from likeness_model.painter.scene import Scene
from likeness_model.painter.technique.planes import blur, mix, resized, smoothstep
from likeness_model.vision.records import Floats

RIGHT_UPPER_LID = [33, 246, 161, 160, 159, 158, 157, 173]  # from the outer corner inwards
LEFT_UPPER_LID = [263, 466, 388, 387, 386, 385, 384, 398]
RIGHT_CREASE = [130, 247, 30, 29, 27, 28, 56, 190]
LEFT_CREASE = [359, 467, 260, 259, 257, 258, 286, 414]
HOLLOWS = [[147, 187, 207], [376, 411, 427]]  # under the cheekbones
JAWLINE = [[58, 172, 136, 150, 149], [288, 397, 365, 379, 378]]
TEMPLES = [[54, 103, 67], [284, 332, 297]]
NOSE_SIDES = [[193, 174, 198], [417, 399, 420]]
CHEEKBONES = [[116, 117, 118], [345, 346, 347]]
BROW_BONES = [[223, 224, 225], [443, 444, 445]]
NOSE_BRIDGE = [[6, 197, 195, 5]]
CUPIDS_BOW = [[37, 0, 267]]


def even_skin(lab: Floats, scene: Scene, amount: float) -> Floats:
    """Fade blotches, fine lines and shine; preserve texture (pores), features and broad form.

    Three bands: broad form, a middle band, and texture. Only faint parts of the middle band are
    removed; strong ones are nostrils, folds or a beard.
    """
    tall = face_height(scene.mesh)
    small = resized(lab, max(64, round(scene.size * 130 / tall)))  # the face is 130 px tall
    small = cv2.bilateralFilter(small, 15, 12.0, 7.0)
    cover = blur(scene.skin, max(1.0, scene.size * 0.003)) * (0.9 * amount)
    kept, evened = np.zeros_like(cover), []
    for channel, broad in zip(cv2.split(lab), cv2.split(small), strict=True):
        form = resized(broad, scene.size)
        soft = blur(channel, tall * 0.0045)
        between = soft - form
        if not evened:  # the lightness determines the features
            strong = smoothstep(3.5, 10.0, np.abs(between))
            kept = 0.12 + 0.88 * strong
        flat = form + between * kept + (channel - soft) * 0.9
        evened.append(mix(channel, flat, cover))
    return cv2.merge(evened)


def keep_skin_tone(lab: Floats, before: Floats, scene: Scene) -> Floats:
    """Restore the skin's mean lightness and hue: it must not get lighter or paler."""
    weight = scene.skin * scene.face
    total = float(weight.sum())
    if total < 1:
        return lab
    drift = ((lab - before) * weight[..., None]).sum((0, 1)) / total
    cover = blur(np.maximum(scene.skin, scene.face), face_height(scene.mesh) * 0.02)
    return lab - cover[..., None] * drift.astype(np.float32)


def contour(lab: Floats, scene: Scene, amount: float) -> Floats:
    """Darken receding parts of the face and lighten protruding ones."""
    shade = _strokes(scene, [*HOLLOWS, *JAWLINE, *TEMPLES], 0.075)
    shade += 0.6 * _strokes(scene, NOSE_SIDES, 0.022)
    light = _strokes(scene, [*CHEEKBONES, *BROW_BONES], 0.03)
    light += 0.8 * _strokes(scene, NOSE_BRIDGE, 0.014)
    light += 0.6 * _strokes(scene, CUPIDS_BOW, 0.012)
    skin = blur(np.maximum(scene.skin, scene.face * 0.3), 2) * amount
    out = lab.copy()
    # Proportional to the lightness: a fixed step would look like grey paint on dark skin.
    out[..., 0] *= 1 + skin * (0.10 * light - 0.13 * shade)
    return out


def open_eyes(lab: Floats, scene: Scene, amount: float) -> Floats:
    """Clear whites, and irises with contrast and colour, without a glow."""
    out = lab.copy()
    white = scene.eyes * (1 - scene.irises) * amount
    for channel in (1, 2):
        out[..., channel] *= 1 - 0.45 * white
    out[..., 0] += (84 - out[..., 0]).clip(0, 12) * white * 0.5
    iris = scene.irises * amount
    fine = out[..., 0] - blur(out[..., 0], face_height(scene.mesh) * 0.012)
    out[..., 0] += iris * (0.7 * fine + 2.5)
    for channel in (1, 2):
        out[..., channel] *= 1 + 0.35 * iris
    return out


def define_eyes(lab: Floats, scene: Scene, amount: float, shadow: tuple[float, float]) -> Floats:
    """Liner along the upper lid with a short wing, lashes, and slight eye shadow (a, b)."""
    out = lab.copy()
    lids = np.zeros((scene.size, scene.size), np.float32)
    for lid, crease in ((RIGHT_UPPER_LID, RIGHT_CREASE), (LEFT_UPPER_LID, LEFT_CREASE)):
        ring = " ".join(map(str, [*lid, *reversed(crease)]))
        lids = np.maximum(lids, fill(scene.mesh, scene.shown([ring]), scene.size, soft=0.004))
    lids *= (1 - scene.eyes) * amount
    out[..., 0] *= 1 - 0.16 * lids
    out[..., 1] += shadow[0] * lids
    out[..., 2] += shadow[1] * lids
    ink = lash_lines(scene) * amount
    out[..., 0] *= 1 - 0.72 * ink
    for channel in (1, 2):
        out[..., channel] *= 1 - 0.5 * ink
    return out


def define_brows(lab: Floats, scene: Scene, amount: float) -> Floats:
    """Existing hairs become clearer; gaps are not filled."""
    ring = fill(scene.mesh, scene.shown([RIGHT_BROW, LEFT_BROW]), scene.size, soft=0.005)
    light = lab[..., 0]
    around = blur(light, face_height(scene.mesh) * 0.045)
    hair = smoothstep(1.0, 12.0, around - light) * ring * amount
    out = lab.copy()
    out[..., 0] *= 1 - 0.2 * hair
    return out


def colour_lips(lab: Floats, scene: Scene, amount: float, tint: tuple[float, float]) -> Floats:
    """Tint (a, b) depending on the light, darker outline, gloss on existing highlights."""
    out = lab.copy()
    lips = blur(scene.lips, max(1.0, scene.size * 0.0015)) * amount
    for channel, towards in ((1, tint[0]), (2, tint[1])):
        out[..., channel] += (towards - out[..., channel]) * lips * 0.5
    light = out[..., 0]
    reach = face_height(scene.mesh)
    shine = smoothstep(2.5, 9.0, light - blur(light, reach * 0.035))
    out[..., 0] += lips * (5 * shine - 3.5 * (1 - shine))
    return out


def whiten_teeth(lab: Floats, scene: Scene, amount: float) -> Floats:
    teeth = scene.mouth * smoothstep(45, 62, lab[..., 0]) * amount
    out = lab.copy()
    out[..., 2] -= np.maximum(out[..., 2] - 3, 0) * teeth * 0.6
    out[..., 0] += 2.5 * teeth
    return out


def lash_lines(scene: Scene) -> Floats:
    """Tapered liner and lashes, 0..1."""
    size, tall = scene.size, face_height(scene.mesh)
    ink = np.zeros((size, size), np.float32)
    for lid, crease in ((RIGHT_UPPER_LID, RIGHT_CREASE), (LEFT_UPPER_LID, LEFT_CREASE)):
        if not scene.shows(lid):
            continue
        rim, above = scene.mesh[lid, :2], scene.mesh[crease, :2]
        wing = rim[0] + (rim[0] - rim[2]) * 0.45 + (above[0] - rim[0]) * 0.35
        path = _smooth(np.vstack([wing, rim]), 40)
        widths = np.interp(np.linspace(0, 1, 40), [0, 0.22, 0.5, 1], [0.1, 1, 0.75, 0.25])
        _tapered(ink, path, widths * tall * 0.0085)
        for root, tip, weight in _lashes(path, above, tall):
            _tapered(ink, _smooth(np.vstack([root, tip]), 8), np.linspace(1, 0.2, 8) * weight)
    return cv2.GaussianBlur(ink, (0, 0), max(0.5, size * 0.0009)).clip(0, 1)


def _lashes(
    path: np.ndarray, crease: np.ndarray, tall: float
) -> list[tuple[np.ndarray, np.ndarray, float]]:
    outward = path[2] - path[-1]
    outward = outward / np.linalg.norm(outward)
    up = crease.mean(0) - path.mean(0)
    up = up / max(1e-6, float(np.linalg.norm(up)))
    hairs = []
    for place in range(3, 30, 2):
        share = 1 - (place - 3) / 30
        bend = path[place] + (outward * 0.25 * share + up * 0.75) * tall * 0.012 * share
        tip = bend + (outward * 0.9 * share + up * 0.7) * tall * 0.011 * share
        hairs.append((path[place], np.vstack([bend, tip]), tall * 0.0022))
    return hairs


def _strokes(scene: Scene, lines: list[list[int]], width: float) -> Floats:
    """Soft strokes along mesh points, 0..1; `width` is a share of the face's height."""
    size, tall = scene.size, face_height(scene.mesh)
    mask = np.zeros((size, size), np.float32)
    for line in filter(scene.shows, lines):
        points = _smooth(scene.mesh[line, :2], 16)
        _tapered(mask, points, np.full(16, tall * width))
    return blur(mask, tall * width * 0.8)


def _tapered(mask: Floats, path: np.ndarray, widths: np.ndarray) -> None:
    for start, end, width in zip(path[:-1], path[1:], widths[1:], strict=True):
        ends = [np.round(point * 2**SUBPIXEL).astype(int).tolist() for point in (start, end)]
        cv2.line(mask, ends[0], ends[1], 1.0, max(1, round(float(width))), cv2.LINE_AA, SUBPIXEL)


def _smooth(points: np.ndarray, count: int) -> np.ndarray:
    """A Catmull-Rom curve through the points."""
    padded = np.vstack([2 * points[0] - points[1], points, 2 * points[-1] - points[-2]])
    spans = len(points) - 1
    places = np.linspace(0, spans - 1e-6, count)
    whole, t = places.astype(int), (places % 1)[:, None]
    a, b, c, d = (padded[whole + k] for k in range(4))
    return 0.5 * (
        2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    )
