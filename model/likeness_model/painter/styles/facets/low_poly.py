"""Low poly: a Delaunay mesh, dense at the features of the face, each facet lit as a flat plane."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from likeness_model.painter.regions import (
    LEFT_BROW,
    LEFT_EYE,
    LIPS_INSIDE,
    LIPS_OUTSIDE,
    NOSE,
    OVAL,
    RIGHT_BROW,
    RIGHT_EYE,
    face_height,
    indexes,
)
from likeness_model.painter.registry import Scene, Variation, paints
from likeness_model.painter.technique import features, tone, triangles
from likeness_model.painter.technique.figure import signed_distance, spread_out
from likeness_model.painter.technique.planes import Picture, Plane, resized
from likeness_model.painter.technique.tone import Colour, colours
from likeness_model.vision.records import Image

LAYOUT = 512  # side of the grid for points

# Points that every face has, in order of priority.
ANCHORS = (RIGHT_EYE, LEFT_EYE, LIPS_INSIDE, LIPS_OUTSIDE, RIGHT_BROW, LEFT_BROW, OVAL, NOSE)
INNER_LIPS = ("80 81 82 13 312 311 310", "88 178 87 14 317 402 318")


@dataclass(frozen=True)
class Palette:
    """The facets behind the sitter, and the light on all facets."""

    sky: tuple[Colour, ...]  # along a slanted line, from the upper left
    shadow: Colour  # the figure's darks shift towards it
    lights: Colour
    tint: float = 0.0  # how far the figure's colours shift; 0 is not at all
    gradient: float = 0.0  # 0 flat facets, 1 facets with the picture's slope


PALETTES = (
    Palette(colours("182c5c 246ea0 78c8c8 f6e2b4"), (20, 30, 70), (255, 244, 220)),
    Palette(colours("fac478 f07860 aa3c6e 46205a"), (60, 20, 70), (255, 226, 180), 0.16),
    Palette(colours("ecf0f0 cedce2 aac0ce 8ca8be"), (40, 52, 72), (255, 255, 255), 0.0, 0.9),
    Palette(colours("12463c 28825a 96be5a f0e282"), (14, 40, 50), (250, 250, 210)),
    Palette(colours("1a1430 462878 963caa f06eaa"), (30, 16, 70), (255, 210, 240), 0.2, 0.5),
    Palette(colours("fcdcc8 f4b4aa de8c96 a06e96"), (80, 40, 70), (255, 244, 232), 0.06),
    Palette(colours("14181e 2c3642 506070 dca050"), (16, 18, 26), (255, 236, 200), 0.08),
)


@paints("low-poly")
def low_poly(scene: Scene, variation: Variation) -> Image:
    palette = variation.pick_palette(PALETTES)
    rng = variation.rng(1)
    figure = _points(scene, variation, rng)
    points, faces = triangles.delaunay(figure)
    label = triangles.facet_map(points, faces, LAYOUT, 1.0)
    picture = _sitter(scene)
    fits = _fits(picture, label, scene, len(faces))
    middle = points[faces].mean(1) / LAYOUT
    own = fits[:, 0] + fits[:, 1] * middle[:, :1] + fits[:, 2] * middle[:, 1:]
    area = np.maximum(np.bincount(label.ravel(), minlength=len(faces)), 1)

    def share(plane: Plane) -> Plane:
        return np.asarray(np.bincount(label.ravel(), plane.ravel(), len(faces)) / area, np.float32)

    solid = share(resized(signed_distance(scene.alpha), LAYOUT) > 0) > 0.5
    bare = share(resized(scene.bare, LAYOUT))
    shade = _facet_light(scene, points, faces, solid, rng)
    shade -= np.average(shade, weights=bare * area + 1e-6)  # no darker and no lighter on skin
    colours = np.where(
        solid[:, None],
        _tinted(own, palette, bare) * (1 + 0.55 * shade[:, None]),
        _sky(palette, middle, rng) * (1 + 0.6 * shade[:, None]),
    )
    slopes = fits[:, 1:] * (palette.gradient * solid)[:, None, None]
    return _rendered(points, faces, colours, slopes, scene.size)


def _fits(picture: Picture, label: NDArray[np.int32], scene: Scene, count: int) -> Plane:
    """Each facet's colour from the part of the face that fills most of it: a facet that crosses
    the hairline or the rim of an eye or the lips is not a mixture of both sides."""
    parts = (scene.hair, scene.brows, scene.eyes, scene.irises, scene.lips, scene.mouth)
    of = np.zeros(label.shape, np.int32)
    for number, part in enumerate(parts, 1):
        of[resized(part, LAYOUT) > 0.5] = number
    kinds = len(parts) + 1
    each = label * kinds + of
    area = np.bincount(each.ravel(), minlength=kinds * count).reshape(count, kinds)
    largest = np.arange(count) * kinds + area.argmax(1)
    return triangles.plane_fits(picture, each, kinds * count)[largest]


def _sitter(scene: Scene) -> Picture:
    picture = resized(spread_out(scene.foreground, scene.alpha), LAYOUT)
    picture = features.bright_eyes(
        picture, resized(scene.eyes, LAYOUT), resized(scene.irises, LAYOUT), 0.6
    )
    picture = features.bright_teeth(picture, resized(scene.mouth, LAYOUT), 0.4)
    soft = cv2.GaussianBlur(picture, (0, 0), LAYOUT * 0.014)
    crisp = cv2.addWeighted(picture, 1.5, soft, -0.5, 0)
    return tone.saturated(crisp, 1.15, resized(scene.bare, LAYOUT))


def _points(scene: Scene, variation: Variation, rng: np.random.Generator) -> Plane:
    """Features of the mesh first, then the silhouette, then where the picture has edges."""
    mesh = scene.mesh[:, :2] * (LAYOUT / scene.size)
    tall = face_height(mesh)
    detail = resized(scene.detail, LAYOUT)
    finer = 1 - 0.35 * variation.mildness
    spacing = np.where(
        detail > 0.1,
        np.interp(detail, (0.15, 0.5, 1.0), (0.080, 0.044, 0.026)) * tall * finer,
        0.085 * LAYOUT,
    ).astype(np.float32)
    anchors = np.concatenate([_teeth_edge(mesh), *(mesh[indexes(ring)] for ring in ANCHORS)])
    outline = _outline(scene, 0.045 * LAYOUT)
    fixed = triangles.thinned(np.concatenate([_iris_rings(scene), anchors]), spacing * 0.42)
    fixed = np.concatenate([fixed, outline, _frame(rng)])
    fixed = triangles.thinned(_on_frame(fixed), np.full_like(spacing, 3.0))
    grey = cv2.cvtColor(resized(scene.foreground, LAYOUT), cv2.COLOR_RGB2GRAY)
    grey = cv2.GaussianBlur(grey, (0, 0), 2.0).astype(np.float32)
    edges = cv2.magnitude(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))
    appeal = 0.03 + np.minimum(edges / 60, 1) * (detail > 0.05) + 0.15 * detail
    return triangles.spread_points(spacing, appeal, 2200, rng, fixed=fixed)


def _teeth_edge(mesh: Plane) -> Plane:
    """Points between the lips of an open mouth, so that facets end at the teeth, not across."""
    upper, lower = (mesh[indexes(ring)] for ring in INNER_LIPS)
    gap = np.linalg.norm(lower - upper, axis=1)
    return (0.45 * upper + 0.55 * lower)[gap > 0.012 * LAYOUT]


def _on_frame(points: Plane) -> Plane:
    """Points beside the picture's edge moved onto it: no slivers along the edge."""
    points = np.where(points < 4, np.float32(0), points)
    return np.where(points > LAYOUT - 4, np.float32(LAYOUT), points)


def _iris_rings(scene: Scene) -> Plane:
    centres, radius = features.iris_centres(scene.irises)
    scale = LAYOUT / scene.size
    turn = np.arange(6) * np.pi / 3
    ring = np.stack([np.cos(turn), np.sin(turn)], 1) * radius * scale
    return (centres[:, None] * scale + ring[None]).reshape(-1, 2).astype(np.float32)


def _outline(scene: Scene, step: float) -> Plane:
    """The silhouette in straight cuts: corners where it bends, no facet across it."""
    solid = (resized(signed_distance(scene.alpha), LAYOUT) > 0).astype(np.uint8)
    contours, _ = cv2.findContours(solid, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    parts = []
    for contour in contours:
        if cv2.contourArea(contour) > 0.002 * LAYOUT**2:
            cut = cv2.approxPolyDP(contour, 2.2, closed=True)[:, 0].astype(np.float32)
            closed = np.vstack([cut, cut[:1]])
            parts += [cut, triangles.along(closed, step)]
    return np.concatenate(parts) if parts else np.zeros((0, 2), np.float32)


def _frame(rng: np.random.Generator) -> Plane:
    side = np.linspace(0, LAYOUT, 10)
    moved = side + np.where((side > 0) & (side < LAYOUT), rng.uniform(-16, 16, 10), 0)
    low, high = np.zeros(10), np.full(10, LAYOUT)
    return np.concatenate(
        [
            np.stack(pair, 1)
            for pair in ((moved, low), (moved[::-1], high), (low, side), (high, side))
        ]
    ).astype(np.float32)


def _facet_light(
    scene: Scene,
    points: Plane,
    faces: NDArray[np.intp],
    solid: NDArray[np.bool_],
    rng: np.random.Generator,
) -> Plane:
    """The light on each facet, about 0: that of a faceted relief, not the photo's.

    Each corner is raised at random; less inside the face, where the photo's light dominates.
    """
    at = np.clip(points, 0, LAYOUT - 1).astype(int)
    detail = resized(scene.detail, LAYOUT)[at[:, 1], at[:, 0]]
    height = rng.normal(0, 1, len(points)) * (0.030 - 0.026 * np.clip(detail * 1.8, 0, 1)) * LAYOUT
    a, b, c = (np.column_stack([points[faces[:, k]], height[faces[:, k]]]) for k in range(3))
    normal = np.cross(b - a, c - a)
    normal *= np.where(normal[:, 2:] < 0, -1, 1)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-6
    towards = np.array([-0.45, -0.55, 0.70])
    light = normal @ (towards / np.linalg.norm(towards)) - towards[2] / np.linalg.norm(towards)
    return np.asarray(np.clip(light * np.where(solid, 0.42, 0.5), -0.3, 0.3), np.float32)


def _tinted(own: Plane, palette: Palette, bare: Plane) -> Plane:
    """Shift darks towards the palette's shadow and lights towards its light; mid-tones and bare
    skin stay."""
    light = (own @ (0.299, 0.587, 0.114) / 255)[:, None]
    toned = np.array(palette.shadow) * (1 - light) + np.array(palette.lights) * light
    amount = palette.tint * np.abs(2 * light - 1) * (1 - bare[:, None])
    return np.asarray(own + (toned - own) * amount, np.float32)


def _sky(palette: Palette, middle: Plane, rng: np.random.Generator) -> Plane:
    position = (0.35 * middle[:, 0] + 0.65 * middle[:, 1]) + rng.normal(0, 0.045, len(middle))
    stops = np.linspace(0, 1, len(palette.sky))
    table = np.array(palette.sky, float)
    colours = np.stack([np.interp(position, stops, table[:, k]) for k in range(3)], 1)
    return colours.astype(np.float32)


def _rendered(
    points: Plane, faces: NDArray[np.intp], colours: Plane, slopes: Plane, size: int
) -> Image:
    """Facets at twice the size without anti-aliasing, then halved: crisp, and no seams."""
    side = 2 * size
    corners = np.round(points[faces] * (side / LAYOUT * 16)).astype(np.int32)
    flat = np.clip(colours, 0, 255)
    canvas = np.zeros((side, side, 3), np.uint8)
    for corner, colour in zip(corners, flat.tolist(), strict=True):
        cv2.fillConvexPoly(canvas, corner, colour, cv2.LINE_8, 4)
    picture = cv2.resize(canvas, (size, size), interpolation=cv2.INTER_AREA)
    if not slopes.any():
        return picture
    del canvas
    return _sloped(picture, points, faces, slopes, size)


def _sloped(
    picture: Picture, points: Plane, faces: NDArray[np.intp], slopes: Plane, size: int
) -> Picture:
    """Add each facet's slope about its centre, at half the size, because it has no edges."""
    label = triangles.facet_map(points, faces, size, size / LAYOUT)
    middle = points[faces].mean(1) / LAYOUT
    result = np.empty_like(picture)
    for first in range(0, size, 256):  # in bands, so that the planes stay small
        band = label[first : first + 256]
        rows, columns = np.mgrid[first : first + band.shape[0], 0:size].astype(np.float32)
        dx = (columns + 0.5) / size - middle[band, 0]
        dy = (rows + 0.5) / size - middle[band, 1]
        for channel in range(3):
            rise = slopes[band, 0, channel] * dx + slopes[band, 1, channel] * dy
            result[first : first + 256, :, channel] = np.clip(
                picture[first : first + 256, :, channel] + np.clip(rise, -40, 40) + 0.5, 0, 255
            )
    return result
