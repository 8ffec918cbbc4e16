"""Cyberpunk: the sitter between two neon lights, before a wet city at night."""

from dataclasses import dataclass

import cv2
import numpy as np

from likeness_model.painter.registry import Scene, Variation, paints
from likeness_model.painter.styles.neon import city, implants
from likeness_model.painter.styles.neon.sitter import Sitter, place, skin_tone
from likeness_model.painter.technique.light import bloom, coloured, lit, scan_lines
from likeness_model.painter.technique.planes import Picture, Plane, blur, painted, resized
from likeness_model.painter.technique.shade import diffuse
from likeness_model.painter.technique.tone import Colour, flattened


@dataclass(frozen=True)
class Night:
    """Two neon colours, the darkness, the place, and the implant."""

    left: Colour
    right: Colour
    dark: Colour
    place: city.Place
    accent: implants.Accent
    rain: bool = False


CYAN, MAGENTA = (0, 224, 255), (255, 32, 148)
ORANGE, TEAL = (255, 138, 30), (0, 206, 214)
VIOLET, ACID = (176, 70, 255), (60, 255, 140)
BLUE, RED = (48, 110, 255), (255, 46, 70)
PINK, AZURE = (255, 60, 200), (70, 120, 255)
GOLD, PURPLE = (255, 196, 60), (150, 60, 255)

NIGHTS = (
    Night(CYAN, MAGENTA, (10, 8, 34), city.street, implants.cheek_line, rain=True),
    Night(ORANGE, TEAL, (16, 14, 24), city.skyline, implants.temple_nodes),
    Night(VIOLET, ACID, (8, 12, 20), city.data_rain, implants.monocle),
    Night(BLUE, RED, (12, 6, 26), city.rings, implants.cheek_line),
    Night(PINK, AZURE, (18, 6, 38), city.signs, implants.temple_nodes, rain=True),
    Night(GOLD, PURPLE, (14, 8, 30), city.tunnel, implants.monocle),
)


@paints("cyberpunk")
def cyberpunk(scene: Scene, variation: Variation) -> Picture:
    night = variation.pick_palette(NIGHTS)
    rng = variation.rng()
    sitter = place(scene)
    ground = night.place(scene.size, (night.left, night.right, night.dark), rng)
    figure = _relit(scene, sitter, night, variation.mildness)
    page = painted(ground, figure, scene.alpha)
    page = lit(page, coloured(_spill(scene.alpha), _mean(night.left, night.right), 0.35))
    rims = _rims(sitter, scene.alpha, night)
    accent = night.accent(scene, night.left if variation.variant % 2 else night.right)
    light = lit(rims, accent)
    page = lit(page, light)
    page = lit(page, bloom(light, reach=0.05, strength=0.75))
    if night.rain:
        page = lit(page, city.rain(scene.size, night.left, variation.rng(1)))
    return scan_lines(page, lines=256, depth=0.10)


def _relit(scene: Scene, sitter: Sitter, night: Night, mildness: float) -> Picture:
    """The photo's colours under a soft key and a coloured light from either side."""
    key = diffuse(sitter.form, (0.0, -0.25, 1.0), wrap=0.3)
    from_left = diffuse(sitter.form, (-1.0, -0.15, 0.25), wrap=0.1)
    from_right = diffuse(sitter.form, (1.0, -0.15, 0.25), wrap=0.1)
    ambient = 0.20 + 0.25 * mildness
    white = np.float32(255)
    light = np.dstack(
        [
            np.float32(ambient) * (dark / white + np.float32(0.35))
            + 0.46 * key * (np.float32(0.7) + (left + right) / white * np.float32(0.2))
            + 1.3 * from_left * (left / white)
            + 1.3 * from_right * (right / white)
            for left, right, dark in zip(night.left, night.right, night.dark, strict=True)
        ]
    )
    light = resized(light, scene.size)
    exposure = float(np.clip(0.5 / max(skin_tone(scene), 0.1), 0.9, 1.7)) ** 0.5
    return cv2.multiply(_deepened(_rendered(scene)), light, scale=exposure, dtype=cv2.CV_8U)


def _rendered(scene: Scene) -> Picture:
    """Broad soft planes with crisp accents at the features."""
    picture = scene.foreground
    planes = resized(flattened(picture, side=448, passes=2, range_sigma=26.0), scene.size)
    calm = np.clip(0.85 - scene.detail * 0.9, 0.25, 0.75)
    mixed = painted(picture, planes, calm)
    soft = blur(mixed, 0.004 * scene.size)
    return cv2.addWeighted(mixed, 1.7, soft, -0.7, 0)


def _deepened(picture: Picture) -> Picture:
    """Darker shadows and half the saturation, so that neon stands out."""
    lab = cv2.cvtColor(picture, cv2.COLOR_RGB2Lab)
    steps = np.arange(256, dtype=np.float32) / 255
    tone = (0.72 * steps + 0.28 * steps * steps * (3 - 2 * steps)) ** 1.12 * 255
    chroma = (np.arange(256) - 128) * 0.75 + 128
    table = np.rint(np.stack([tone, chroma, chroma], 1)).astype(np.uint8)[None]
    return cv2.cvtColor(cv2.LUT(lab, table), cv2.COLOR_Lab2RGB)


def _rims(sitter: Sitter, alpha: Plane, night: Night) -> Picture:
    left = coloured(sitter.rim(165.0, 0.008) * alpha, night.left)
    right = coloured(sitter.rim(15.0, 0.008) * alpha, night.right)
    return lit(left, right)


def _spill(alpha: Plane) -> Plane:
    """Haze behind the shoulders, brightest beside the figure."""
    small = resized(alpha, 128)
    wide = cv2.GaussianBlur(small, (0, 0), 12)
    return resized(np.clip(wide * (1 - small), 0, 1), alpha.shape[0])


def _mean(a: Colour, b: Colour) -> Colour:
    red, green, blue = ((p + q) // 2 for p, q in zip(a, b, strict=True))
    return red, green, blue
