"""Stained glass: jewel-coloured pieces in lead, faces shaded with glass paint, lit from behind."""

import cv2
import numpy as np
from numpy.typing import NDArray

from likeness_model.painter.regions import (
    LEFT_BROW,
    LEFT_EYE,
    LIPS_INSIDE,
    LIPS_OUTSIDE,
    OVAL,
    RIGHT_BROW,
    RIGHT_EYE,
    indexes,
)
from likeness_model.painter.registry import Scene, Variation, paints
from likeness_model.painter.styles.tiles.windows import WINDOWS, Window
from likeness_model.painter.technique import features, leading, light
from likeness_model.painter.technique.figure import signed_distance, spread_out
from likeness_model.painter.technique.leading import Glass, Lead, Path
from likeness_model.painter.technique.noise import value_noise
from likeness_model.painter.technique.planes import (
    Picture,
    Plane,
    blur,
    mix,
    painted,
    resized,
    smoothstep,
)
from likeness_model.vision.records import Image

LAYOUT = 512  # side of the grid on which pieces are separated

FEATURE_RINGS = (RIGHT_EYE, LEFT_EYE, RIGHT_BROW, LEFT_BROW, LIPS_OUTSIDE, LIPS_INSIDE)


@paints("stained-glass")
def stained_glass(scene: Scene, variation: Variation) -> Image:
    window = variation.pick_palette(WINDOWS)(variation.rng(1))
    picture = spread_out(scene.foreground, scene.alpha)
    outline = _outline(scene)
    figure = _figure_leads(scene, picture, outline)
    behind = _behind(window, outline)
    leads = [*behind, *figure]
    glass = leading.glass_between(leads, _regions(scene, outline))
    colours = _colours(scene, picture, window, glass, outline)
    lit = _lit_glass(scene, variation, picture, colours, outline)
    return _leaded(lit, leads, scene.size)


def _outline(scene: Scene) -> list[Path]:
    """The silhouette as closed curves in shares of the side."""
    solid = (resized(signed_distance(scene.alpha, smooth=0.006), LAYOUT) > 0).astype(np.uint8)
    found, _ = cv2.findContours(solid, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return [
        (leading.smoothed(contour[:, 0].astype(np.float32), 4) + 0.5) / LAYOUT
        for contour in found
        if cv2.contourArea(contour) > 0.002 * LAYOUT**2
    ]


def _regions(scene: Scene, outline: list[Path]) -> NDArray[np.uint8]:
    """0 the window, 1 clothes and neck, 2 the face, 3 the hair."""
    oval = scene.mesh[indexes(OVAL), :2] / scene.size
    figure = (_filled(outline, LAYOUT) > 0.5).astype(np.uint8)
    figure[(blur(resized(scene.hair, LAYOUT), LAYOUT / 90) > 0.5) & (figure > 0)] = 3
    figure[_filled([oval], LAYOUT) > 0.5] = 2
    return figure


def _filled(outline: list[Path], size: int) -> Plane:
    mask = np.zeros((size, size), np.uint8)
    cv2.fillPoly(
        mask,
        [np.round(path * (size * 16)).astype(np.int32) for path in outline],
        255,
        cv2.LINE_AA,
        4,
    )
    return mask.astype(np.float32) * (1 / 255)


def _figure_leads(scene: Scene, picture: Picture, outline: list[Path]) -> list[Lead]:
    mesh = scene.mesh[:, :2] / scene.size
    oval = mesh[indexes(OVAL)]
    regions = _regions(scene, outline)
    cuts = []
    for region, share in ((1, 40), (3, 40)):
        part = (regions == region).astype(np.float32)
        count = max(3, round(share * part.sum() / max(1, np.isin(regions, (1, 3)).sum())))
        patches = leading.cut_by_colour(picture, part, count, closeness=0.55)
        cuts.append(_kept(Lead(patches, 0.0048, closed=True), part > 0.5))
    return [
        *cuts,
        Lead([mesh[indexes(ring)] for ring in scene.shown(FEATURE_RINGS)], 0.0020, closed=True),
        Lead(_covers(scene), 0.0030, closed=True),
        Lead((oval,), 0.0058, closed=True),
        Lead(outline, 0.0085, closed=True),
    ]


def _covers(scene: Scene) -> list[Path]:
    """The outlines of what covers the face: its glass has another colour than the skin's."""
    covers = (scene.oval - scene.face > 0.5).astype(np.uint8)
    outlines, _ = cv2.findContours(covers, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_TC89_L1)
    return [(each[:, 0] / scene.size).astype(np.float32) for each in outlines if len(each) > 2]


def _behind(window: Window, outline: list[Path]) -> list[Lead]:
    """The window's lines, interrupted by the figure."""
    free = _filled(outline, LAYOUT) < 0.5
    return [_kept(lead, free) for lead in window.leads]


def _kept(lead: Lead, where: NDArray[np.bool_]) -> Lead:
    """The parts of lead lines inside a mask."""
    parts = [part for path in lead.paths for part in _runs(path, lead.closed, where)]
    return Lead(parts, lead.width)


def _runs(path: Path, closed: bool, where: NDArray[np.bool_]) -> list[Path]:
    if closed:
        path = np.vstack([path, path[:1]])
    steps = np.linalg.norm(np.diff(path, axis=0), axis=1)
    length = np.concatenate([[0], np.cumsum(steps)])
    along = np.arange(0, length[-1] + 0.003, 0.003)
    dense = np.stack([np.interp(along, length, path[:, axis]) for axis in (0, 1)], 1)
    at = np.clip((dense * LAYOUT).astype(int), 0, LAYOUT - 1)
    inside = where[at[:, 1], at[:, 0]]
    runs = np.split(np.arange(len(inside)), np.flatnonzero(np.diff(inside.astype(int))) + 1)
    # A step further on both sides, so that a line ends under the lead that it runs into.
    return [
        dense[max(run[0] - 1, 0) : run[-1] + 2].astype(np.float32)
        for run in runs
        if inside[run[0]] and len(run) > 4
    ]


def _colours(
    scene: Scene, picture: Picture, window: Window, glass: Glass, outline: list[Path]
) -> Picture:
    """One colour per piece: the sitter's, made to glow, or the window's."""
    owner = glass.label.ravel()
    area = np.maximum(np.bincount(owner, minlength=glass.count), 1)

    def mean(plane: Plane | Picture) -> NDArray[np.float64]:
        return np.bincount(owner, plane.ravel(), glass.count) / area

    small = resized(picture, LAYOUT)
    own = np.stack([mean(small[..., channel]) for channel in range(3)], 1)
    inside = mean(_filled(outline, LAYOUT)) > 0.5
    bare = mean(np.maximum(resized(scene.skin, LAYOUT), resized(scene.face, LAYOUT)))
    rows, columns = np.mgrid[0:LAYOUT, 0:LAYOUT].astype(np.float32) / LAYOUT
    places = np.stack([mean(columns), mean(rows)], 1)
    face = mean(resized(scene.face, LAYOUT) * (1 - resized(scene.lips, LAYOUT)))
    flesh = cv2.cvtColor(scene.flesh[None, None], cv2.COLOR_Lab2RGB)[0, 0].clip(0, 1) * 255
    calm = (np.maximum(face, 0.45) * np.clip(bare * 2 - 1, 0, 1))[:, None]
    hair = mean(resized(scene.hair, LAYOUT)).clip(0, 1)
    sitter = _glowing(own * (1 - calm) + flesh * calm, bare.clip(0, 1), hair)
    return (
        np.where(inside[:, None], sitter, window.colour(places))
        .clip(0, 255)
        .astype(np.uint8)[glass.label]
    )


def _glowing(own: np.ndarray, bare: np.ndarray, hair: np.ndarray) -> np.ndarray:
    """Chroma as in glass: clothes and hair much more than in life, skin as in life."""
    lab = cv2.cvtColor((own[None] / 255).astype(np.float32), cv2.COLOR_RGB2Lab)[0]
    strength = (1.8 - 0.8 * bare)[:, None]
    chroma = np.linalg.norm(lab[:, 1:], axis=1, keepdims=True) + 1e-3
    lab[:, 1:] *= np.minimum(strength, 75 / chroma)
    # Grey glass has a tint: dark cloth falls to blue, light cloth to pale green, hair to brown.
    grey = np.clip(1 - chroma / 9, 0, 1) * (1 - bare[:, None])
    cloth = np.where(lab[:, :1] < 55, (5.0, -28.0), (-6.0, 2.0))
    lab[:, 1:] += grey * (cloth + ((5.0, 9.0) - cloth) * hair[:, None])
    lab[:, 0] = lab[:, 0] * (1 - 0.18 * (1 - bare)) + 20 * (1 - bare)
    rgb = cv2.cvtColor(lab[None].astype(np.float32), cv2.COLOR_Lab2RGB)[0]
    return rgb * 255


def _lit_glass(
    scene: Scene, variation: Variation, picture: Picture, colours: Picture, outline: list[Path]
) -> Picture:
    """Light through the pieces: streaks in the glass, and the painter's shading on the sitter."""
    size, rng = scene.size, variation.rng(2)
    flat = cv2.resize(colours, (size, size), interpolation=cv2.INTER_NEAREST)
    streaks = value_noise(rng, size, 9, octaves=3, stretch=0.3)
    ripples = value_noise(rng, size, 60, octaves=2)
    rows, columns = np.mgrid[0:size, 0:size].astype(np.float32) / size
    centre = np.exp(-((columns - 0.5) ** 2 + (rows - 0.42) ** 2) / 0.32)
    level = mix(0.80 + 0.30 * centre, np.full_like(centre, 0.96), scene.bare)
    factor = level + 0.085 * streaks + 0.03 * ripples
    mask = _filled(outline, size)
    factor *= 1 + mask * (_paint(scene, picture, colours, variation.mildness) - 1)
    return cv2.multiply(flat, cv2.merge([factor.astype(np.float32)] * 3), dtype=cv2.CV_8U)


def _paint(scene: Scene, picture: Picture, colours: Picture, mildness: float) -> Plane:
    """Grisaille: the brown paint that shades a piece, as a factor of its light.

    The sitter's tones against the piece's own mean, full in the face and half elsewhere.
    """
    size = scene.size
    bright = features.bright_eyes(picture, scene.eyes, scene.irises, 0.5)
    tones = cv2.cvtColor(bright, cv2.COLOR_RGB2GRAY).astype(np.float32)
    smooth = cv2.bilateralFilter(resized(tones, LAYOUT), 7, 22, 3.0)
    tones = resized(smooth, size) + (tones - blur(tones, size / 300)) * scene.detail
    grey = cv2.blur(cv2.cvtColor(colours, cv2.COLOR_RGB2GRAY), (5, 5))
    base = resized(grey, size)
    base = blur(tones, size / 40) * 0.6 + base * np.float32(0.4)
    ratio = (tones + 12) / (base + 12)
    strength = 0.5 + (0.62 + 0.1 * mildness) * scene.face
    return np.clip(1 + (ratio - 1) * strength, 0.25, 1.45)


def _leaded(lit: Picture, leads: list[Lead], size: int) -> Image:
    unit = size / 1000
    mask = leading.drawn(leads, size)
    relief, away = leading.came(mask, unit)
    patina = 1 - 0.38 * np.exp(away * (-1 / (4.5 * unit)))
    lit = cv2.multiply(lit, cv2.merge([patina] * 3), dtype=cv2.CV_8U)
    lit = light.lit(lit, light.bloom(np.where(lit > 150, lit, 0), reach=0.05, strength=0.22))
    grey = np.clip(34 + 95 * relief, 8, 150)
    bar = cv2.merge([grey * 0.96, grey * 0.98, grey * 1.04])
    cover = smoothstep(0.0, 255.0, mask.astype(np.float32))
    return painted(lit, np.clip(bar, 0, 255).astype(np.uint8), cover)
