"""Pencil: hatching around the form in several directions, contours drawn twice, paper tooth."""

from dataclasses import dataclass

import cv2
import numpy as np

from likeness_model.painter.registry import Scene, Variation, paints
from likeness_model.painter.technique.contour import contour_lines
from likeness_model.painter.technique.flow import (
    Orientation,
    along_edges,
    around_form,
    at_angle,
    settled,
)
from likeness_model.painter.technique.form import inflated, modelled, opened
from likeness_model.painter.technique.hatch import Hatching, hatch, rubbed
from likeness_model.painter.technique.noise import value_noise
from likeness_model.painter.technique.paper import tooth
from likeness_model.painter.technique.pigment import torn
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
class Leads:
    """A sheet and the pencils used on it; `light` draws highlights on toned paper."""

    paper: Colour
    dark: Colour
    light: Colour | None = None


LEADS = (
    Leads((250, 249, 246), (44, 44, 48)),
    Leads((250, 242, 228), (132, 56, 38)),
    Leads((182, 190, 196), (36, 40, 48), (250, 250, 248)),
    Leads((248, 244, 234), (66, 52, 42)),
    Leads((206, 176, 138), (54, 36, 26), (255, 248, 234)),
    Leads((246, 248, 250), (34, 62, 122)),
)
BACKDROPS = ("slant", "bare", "halo", "slant back", "construction")


@paints("pencil")
def pencil(scene: Scene, variation: Variation) -> Picture:
    """Draw the sitter: rubbed tone, three directions of hatching, contours, then the eraser."""
    rng = variation.rng()
    size, half = scene.size, scene.size // 2
    leads = variation.pick_palette(LEADS)
    backdrop = variation.pick_background(BACKDROPS)
    sheet = tooth(rng, size)
    lean = float(rng.choice((-1, 1)) * rng.uniform(0.6, 0.9))
    shown = sketched_area(scene, rng, half)
    tone = drawn_tone(scene, half)
    darkness = (1 - tone) * shown
    field = hatching_field(scene, lean, half)
    deposit = graphite(
        scene, rng, darkness=darkness, field=field, lean=lean, mildness=variation.mildness
    )
    deposit = over(deposit, backdrop_strokes(backdrop, scene, rng, lean))
    deposit = over(deposit, contours(scene, rng, tone, shown))
    if backdrop == "construction":
        deposit = over(deposit, construction(scene))
    deposit = rubbed(deposit, sheet, 0.42)
    picture = plain(rgb(leads.paper), size)
    picture = mix(picture, rgb(leads.dark), 0.96 * deposit)
    if leads.light is not None:
        chalk = highlights(rng, tone, shown, field, size)
        chalk = rubbed(chalk, sheet, 0.7) * (1 - deposit)
        picture = mix(picture, rgb(leads.light), 0.9 * chalk)
    return to_picture(dimmed(picture, 1 + 0.007 * sheet))


def over(below: Plane, above: Plane) -> Plane:
    """Two layers of graphite combined."""
    return 1 - (1 - below) * (1 - above)


def drawn_tone(scene: Scene, size: int) -> Plane:
    """Lightness 0..1 to draw from: less texture, wider range, stronger form."""
    photo = cv2.bilateralFilter(resized(scene.foreground, size), 7, 18, 4)
    face, figure = resized(scene.face, size), resized(scene.alpha, size)
    tone = lightness(photo)
    return modelled(opened(tone, face, figure, of_face=0.6, darkest=0.03), figure, 0.3)


def sketched_area(scene: Scene, rng: np.random.Generator, size: int) -> Plane:
    """Completeness of the drawing, 0..1: full in the head, ragged towards the bottom."""
    x, y = grid(size)
    chin = float(scene.mesh[152, 1]) / scene.size
    ragged = value_noise(rng, size, 7, octaves=3) * 0.06
    reach = min(0.98, chin + 0.27) - 0.22 * np.abs(x - 0.5) ** 1.5
    done = smoothstep(0.02, 0.20, reach - y + ragged)
    return resized(scene.alpha, size) * done


def hatching_field(scene: Scene, lean: float, size: int) -> Orientation:
    """Stroke directions: around head and shoulders, and along visible strands of hair."""
    relief = inflated(resized(scene.alpha, size))
    relief += 0.8 * face_depth(scene.mesh, scene.size, size)
    wrapped = around_form(blur(relief, size / 50), -lean, 0.9)
    strands = along_edges(resized(scene.foreground, size), size / 120)
    hair = blur(resized(scene.hair, size) * (1 - resized(scene.face, size)), size / 60)
    return settled(wrapped + strands * (2.2 * hair[..., None]), size / 160)


def graphite(
    scene: Scene,
    rng: np.random.Generator,
    *,
    darkness: Plane,
    field: Orientation,
    lean: float,
    mildness: float,
) -> Plane:
    """Tone: a rub of the finger, then hatching around the form and across it, then accents."""
    size, half = scene.size, darkness.shape[0]
    rub = np.float32(0.34 + 0.2 * mildness)
    deposit = rub * cv2.pow(np.clip(resized(darkness, size), 0, 1), 1.15)
    face = resized(scene.face, half)
    body = darkness * (1 - 0.95 * face)
    ways = (
        (body, field, Hatching(8.5, 54, 0.10, 1.0, 0.50, 1.5)),
        (darkness * face, field, Hatching(6.0, 30, 0.10, 1.0, 0.34, 1.2)),
        (darkness, at_angle(lean + 0.35, half), Hatching(9.5, 44, 0.38, 1.15, 0.42, 1.4)),
        (darkness, at_angle(lean + 1.2, half), Hatching(9.0, 36, 0.62, 1.2, 0.5, 1.5)),
    )
    for tone, direction, way in ways:
        deposit = over(deposit, hatch(rng, tone, direction, way, size=size))
    return over(deposit, accents(scene, darkness, size))


def accents(scene: Scene, darkness: Plane, size: int) -> Plane:
    """The sharpened point: small darks of eyes, brows, nostrils and mouth, and the hair's locks."""
    side = darkness.shape[0]
    local = np.clip(darkness - blur(darkness, side / 70), 0, 1)
    where = 0.5 + 1.1 * smoothstep(0.4, 0.9, resized(scene.detail, side))
    return np.clip(resized(local * where, size), 0, 0.8)


def contours(scene: Scene, rng: np.random.Generator, tone: Plane, shown: Plane) -> Plane:
    """Sketched contour lines: a firm one, and a second one that deviates from it."""
    size, half = scene.size, tone.shape[0]
    on_white = 1 - (1 - tone) * resized(scene.alpha, half)
    edges = settled(along_edges(to_picture(np.dstack([on_white] * 3)), half / 170), half / 200)
    lines = contour_lines(
        on_white, edges, width=half / 480, reach=half / 90, faint=0.014, firm=0.085
    )
    lines = resized(lines, size)
    pressure = 0.72 + 0.35 * value_noise(rng, size, 9)
    stray = torn(lines, rng, size / 150, 4) * (1 - 0.9 * scene.face)
    drawn = smoothstep(0.0, 0.3, resized(blur(shown, half / 200), size))
    return over(lines * np.clip(pressure, 0.2, 0.92), 0.28 * stray) * drawn


def construction(scene: Scene) -> Plane:
    """Construction lines: the head's oval, and the lines of eyes and nose."""
    size = scene.size
    cover = np.zeros((size, size), np.uint8)
    mesh = scene.mesh[:, :2]
    tall = float(np.linalg.norm(mesh[10] - mesh[152]))
    x, y = ((mesh[10] + mesh[152]) / 2).tolist()
    middle = (round(x), round(y - 0.10 * tall))
    for grow in (0.0, 0.014):
        axes = (round(tall * (0.56 + grow)), round(tall * (0.72 + grow)))
        points = cv2.ellipse2Poly(middle, axes, round(400 * grow), 0, 360, 3)
        cv2.polylines(cover, [points], True, 90, max(1, size // 700), cv2.LINE_AA)
    for first, last in ((10, 152), (127, 356), (132, 361)):
        a, b = mesh[first], mesh[last]
        a, b = a + (a - b) * 0.35, b + (b - a) * 0.35
        start, end = (np.round(p).astype(int).tolist() for p in (a, b))
        cv2.line(cover, start, end, 70, max(1, size // 800), cv2.LINE_AA)
    return blur(cover, size / 1400).astype(np.float32) / 255


def backdrop_strokes(kind: str, scene: Scene, rng: np.random.Generator, lean: float) -> Plane:
    """Long quick strokes behind the head."""
    size, side = scene.size, scene.size // 2
    if kind in {"bare", "construction"}:
        return np.zeros((size, size), np.float32)
    x, y = grid(side)
    ragged = value_noise(rng, side, 5, octaves=3)
    away = np.sqrt(((x - 0.5) / 0.46) ** 2 + ((y - 0.44) / 0.46) ** 2)
    area = {
        "halo": 1.0 - away,
        "slant": 0.85 - away + (0.5 - x) * 0.9,
        "slant back": 0.85 - away + (x - 0.5) * 0.9,
    }[kind]
    free = 1 - smoothstep(0.0, 0.5, resized(scene.alpha, side))
    tone = smoothstep(-0.12, 0.55, area + 0.14 * ragged) * free
    broad = hatch(
        rng, tone, at_angle(lean, side), Hatching(11, 130, 0.05, 1.1, 0.48, 1.6, 0.3), size=size
    )
    crossed = hatch(
        rng, tone, at_angle(lean + 0.3, side), Hatching(16, 90, 0.5, 1.3, 0.35, 1.5), size=size
    )
    return over(broad, crossed) * 0.8


def highlights(
    rng: np.random.Generator, tone: Plane, shown: Plane, field: Orientation, size: int
) -> Plane:
    """White pencil on toned paper where the light falls."""
    light = smoothstep(0.62, 1.0, tone) * shown
    soft = 0.5 * resized(light * light, size)
    drawn = hatch(rng, light, field, Hatching(6, 30, 0.15, 1.0, 0.6, 1.4), size=size)
    return over(soft, drawn)
