"""Glowing implants: lines and nodes on the face mesh."""

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from likeness_model.painter.scene import Scene
from likeness_model.painter.technique.light import coloured
from likeness_model.painter.technique.planes import Picture
from likeness_model.painter.technique.tone import Colour

Accent = Callable[[Scene, Colour], Picture]

# Chains of mesh points on the sitter's right cheek, and the points that mirror them.
UNDER_EYE = (116, 117, 118, 119)
DOWN_CHEEK = (117, 50, 205)
TEMPLE = (139, 71, 68)
JAW = (177, 215, 138)
MIRROR = {
    116: 345, 117: 346, 118: 347, 119: 348, 50: 280, 205: 425, 139: 368, 71: 301, 68: 298,
    177: 401, 215: 435, 138: 367, 33: 263, 133: 362,
}  # fmt: skip


def cheek_line(scene: Scene, colour: Colour) -> Picture:
    """A line under the eye with a branch down the cheek, and a node at its end."""
    mask = _blank(scene)
    side = _lit_side(scene)
    _line(mask, scene, [side(i) for i in UNDER_EYE], 0.0026)
    _line(mask, scene, [side(i) for i in DOWN_CHEEK], 0.0018)
    _node(mask, scene, side(205), 0.005)
    return _glow(mask, colour)


def temple_nodes(scene: Scene, colour: Colour) -> Picture:
    """Three nodes on the temple and a hair line along the jaw."""
    mask = _blank(scene)
    side = _lit_side(scene)
    for index, reach in zip(TEMPLE, (0.006, 0.0045, 0.0035), strict=True):
        _node(mask, scene, side(index), reach)
    _line(mask, scene, [side(i) for i in TEMPLE], 0.0013)
    _line(mask, scene, [side(i) for i in JAW], 0.0018)
    return _glow(mask, colour)


def monocle(scene: Scene, colour: Colour) -> Picture:
    """A hologram before one eye: broken rings, ticks, and a lead to the temple."""
    mask = _blank(scene)
    side = _lit_side(scene)
    inner, outer = scene.mesh[[side(133), side(33)], :2]
    centre, width = (inner + outer) / 2, float(np.linalg.norm(outer - inner))
    at = np.rint(centre * 16).astype(int).tolist()
    for share, start, sweep, stroke in (
        (0.86, 200, 250, 0.0026),
        (1.02, 20, 130, 0.0016),
        (1.02, 215, 60, 0.0016),
    ):
        axes = [round(share * width * 16)] * 2
        thick = max(1, round(stroke * scene.size))
        cv2.ellipse(mask, at, axes, 0, start, start + sweep, 255, thick, cv2.LINE_AA, 4)
    for theta in np.radians(np.arange(30, 150, 12)):
        along = np.array([np.cos(theta), np.sin(theta)]) * width
        _segment(mask, centre + 1.06 * along, centre + 1.12 * along, 0.0014)
    away = 1.0 if outer[0] > inner[0] else -1.0
    bend = centre + width * np.array([1.25 * away, -0.45])
    _segment(mask, centre + width * np.array([0.80 * away, -0.30]), bend, 0.0014)
    _segment(mask, bend, bend + width * np.array([0.35 * away, 0.0]), 0.0014)
    return _glow(mask, colour)


def _lit_side(scene: Scene) -> Callable[[int], int]:
    """The implant is on the cheek that is more visible."""
    nose, right, left = scene.mesh[[1, 234, 454], 0]
    seen_right = abs(nose - right) >= abs(left - nose)
    return (lambda i: i) if seen_right else (lambda i: MIRROR.get(i, i))


def _blank(scene: Scene) -> Picture:
    return np.zeros((scene.size, scene.size), np.uint8)


def _line(mask: Picture, scene: Scene, indexes: Sequence[int], width: float) -> None:
    points = np.rint(scene.mesh[list(indexes), :2] * 16).astype(np.int32)
    thickness = max(1, round(width * scene.size))
    cv2.polylines(mask, [points], False, 255, thickness, cv2.LINE_AA, 4)


def _segment(mask: Picture, start: np.ndarray, end: np.ndarray, width: float) -> None:
    ends = np.rint(np.array([start, end]) * 16).astype(np.int32)
    cv2.polylines(mask, [ends], False, 255, max(1, round(width * mask.shape[0])), cv2.LINE_AA, 4)


def _node(mask: Picture, scene: Scene, index: int, radius: float) -> None:
    at = np.rint(scene.mesh[index, :2] * 16).astype(int).tolist()
    cv2.circle(mask, at, round(radius * scene.size * 16), 255, -1, cv2.LINE_AA, 4)


def _glow(mask: Picture, colour: Colour) -> Picture:
    """A white-hot core in a coloured tube."""
    core = cv2.GaussianBlur(mask, (0, 0), max(0.6, mask.shape[0] * 0.0006))
    tube = cv2.GaussianBlur(mask, (0, 0), mask.shape[0] * 0.0035)
    cover = np.clip(core.astype(np.float32) * 0.9 + tube * np.float32(1.6), 0, 255)
    hot = core.astype(np.float32) * (0.5 / 255)
    light = coloured(cover * (1 / 255), colour)
    return cv2.add(light, coloured(hot, (255, 255, 255)))
