"""Charcoal: broad strokes on rough paper, smudges, deep blacks, and white chalk for the light."""

from dataclasses import dataclass

import numpy as np

from likeness_model.painter.registry import Scene, Variation, paints
from likeness_model.painter.technique.contour import contour_lines
from likeness_model.painter.technique.flow import (
    Orientation,
    along_edges,
    around_form,
    at_angle,
    settled,
    smear,
)
from likeness_model.painter.technique.form import inflated, modelled, opened
from likeness_model.painter.technique.noise import value_noise
from likeness_model.painter.technique.paper import laid, tooth
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
from likeness_model.painter.technique.stick import caught, side_strokes
from likeness_model.painter.technique.tone import Colour


@dataclass(frozen=True, slots=True)
class Sheet:
    """Paper and sticks. `blood` is a red chalk for bare skin (aux trois crayons)."""

    paper: Colour
    coal: Colour = (24, 22, 22)
    chalk: Colour = (250, 248, 242)
    blood: Colour | None = None
    wires: bool = True  # laid paper, or a plain tooth


SHEETS = (
    Sheet((176, 168, 156)),
    Sheet((242, 239, 231), chalk=(252, 251, 247), wires=False),
    Sheet((206, 178, 142), coal=(30, 22, 18), chalk=(255, 246, 228), blood=(164, 74, 48)),
    Sheet((146, 160, 174), coal=(16, 20, 28)),
    Sheet((200, 190, 176), blood=(150, 62, 44), wires=False),
    Sheet((128, 120, 112), coal=(14, 12, 12)),
)
BACKDROPS = ("left", "all", "right", "halo", "bare")


@paints("charcoal")
def charcoal(scene: Scene, variation: Variation) -> Picture:
    """Draw the sitter in large shapes, smudge them, press the blacks, add lights with chalk."""
    rng = variation.rng()
    size, half = scene.size, scene.size // 2
    sheet = variation.pick_palette(SHEETS)
    paper = laid(rng, size) if sheet.wires else tooth(rng, size, 2.8)
    lean = float(rng.choice((-1, 1)) * rng.uniform(0.7, 1.0))
    tone = massed_tone(scene, half, variation.mildness)
    shown = drawn_area(scene, rng, half)
    field = stick_field(scene, lean, half)
    dark = np.clip(1 - tone, 0, 1) * shown
    behind = backdrop_tone(variation.pick_background(BACKDROPS), scene, dark, rng, half)
    coal = coal_deposit(scene, rng, dark=dark, behind=behind, field=field, lean=lean, paper=paper)
    coal = 1 - (1 - coal) * (1 - pressed_lines(scene, rng, tone, shown, paper))
    picture = plain(rgb(sheet.paper), size)
    picture = dimmed(picture, 1 + 0.018 * paper)
    if sheet.blood is not None:
        warm = caught(flush(scene, tone, size) * 0.75, paper)
        picture = mix(picture, rgb(sheet.blood), 0.8 * warm)
    chalk = chalk_deposit(scene, rng, tone * shown, field, paper) * (1 - 0.8 * coal)
    picture = mix(picture, rgb(sheet.coal), 0.97 * coal)
    return to_picture(mix(picture, rgb(sheet.chalk), chalk))


def massed_tone(scene: Scene, size: int, mildness: float) -> Plane:
    """Lightness 0..1 in large shapes with hard contrast; finer in the face."""
    photo = resized(scene.foreground, size)
    light = lightness(photo)
    field = settled(along_edges(photo, size / 110), size / 110)
    broad = smear(blur(light, size / 220), field, size / 50)
    keep = smoothstep(0.1, 0.8, resized(scene.detail, size)) * (0.8 + 0.2 * mildness)
    hair = resized(scene.hair, size)
    tone = mix(broad, light, np.maximum(keep, 0.3 + 0.4 * hair))
    face, figure = resized(scene.face, size), resized(scene.alpha, size)
    tone = opened(tone, face, figure, of_face=0.5, darkest=0.06)
    tone = modelled(tone, figure, 0.4)
    return mix(tone, smoothstep(0.0, 1.0, tone), 0.5)


def drawn_area(scene: Scene, rng: np.random.Generator, size: int) -> Plane:
    """Completeness of the drawing, 0..1; it ends in loose strokes at the bottom."""
    y = grid(size)[1]
    ragged = value_noise(rng, size, 5, octaves=3) * 0.08
    return resized(scene.alpha, size) * smoothstep(0.0, 0.16, 1.0 - y + ragged)


def stick_field(scene: Scene, lean: float, size: int) -> Orientation:
    """Stroke directions: around the form with a slant, and along the hair."""
    relief = inflated(resized(scene.alpha, size))
    relief += 0.8 * face_depth(scene.mesh, scene.size, size)
    wrapped = around_form(blur(relief, size / 40), lean, 0.7)
    strands = along_edges(resized(scene.foreground, size), size / 90)
    return settled(wrapped + 1.6 * strands, size / 110)


def backdrop_tone(
    kind: str, scene: Scene, dark: Plane, rng: np.random.Generator, size: int
) -> Plane:
    """Darkness 0..1 behind the sitter: in contrast to the lit side, faint beside `dark` hair."""
    x, y = grid(size)
    cloud = value_noise(rng, size, 3, octaves=4)
    away = np.sqrt(((x - 0.5) / 0.52) ** 2 + ((y - 0.45) / 0.52) ** 2)
    area = {
        "left": 1.0 - away + (0.5 - x) * 1.3,
        "right": 1.0 - away + (x - 0.5) * 1.3,
        "halo": 1.15 - away * 1.1,
        "all": 0.9 - 0.35 * away,
        "bare": -0.6 - 0.2 * away,
    }[kind]
    tone = smoothstep(-0.25, 0.75, area + 0.3 * cloud)
    sitter = resized(scene.alpha, size)
    near = blur(sitter, size / 36)
    gap = 1 - smoothstep(0.02, 0.5, near) * np.clip(blur(dark, size / 36) / (near + 0.02), 0, 0.85)
    return 0.92 * tone * gap * (1 - smoothstep(0.2, 0.8, sitter))


def coal_deposit(
    scene: Scene,
    rng: np.random.Generator,
    *,
    dark: Plane,
    behind: Plane,
    field: Orientation,
    lean: float,
    paper: Plane,
) -> Plane:
    """Side strokes from broad to narrow, a smudge between them, blacks rubbed into the grain."""
    size, half = scene.size, dark.shape[0]
    whole = np.maximum(dark, behind)
    smudge = resized(smear(blur(whole, half / 90), at_angle(lean, half), half / 26), size)
    smudge = mix(smudge, resized(dark, size), smoothstep(0.2, 0.6, scene.detail))
    coal = 0.55 * caught(np.clip(smudge, 0, 1), paper, bite=0.12)
    sitter = resized(scene.alpha, half)[..., None]
    motion = settled(field * sitter + at_angle(lean, half) * (1 - sitter), half / 200)
    for width, length, where, share in (
        (46, 210, 1 - scene.alpha, 0.85),
        (24, 100, 1 - 0.9 * scene.face, 0.75),
        (11, 50, smoothstep(0.05, 0.14, scene.detail), 0.75),
    ):
        tone, cover = side_strokes(
            rng, whole, motion, size=size, width=width, length=length, least=0.16
        )
        grain = caught(tone, paper)
        coal = mix(coal, grain, cover * where * share)
    fine = resized(dark, size)
    near = smoothstep(0.25, 0.8, scene.detail) * 0.85
    coal = mix(coal, caught(np.clip(fine, 0, 1), paper, bite=0.10), near)
    black = smoothstep(0.72, 0.95, fine) * 0.9
    return np.clip(np.maximum(coal, black), 0, 1)


def pressed_lines(
    scene: Scene, rng: np.random.Generator, tone: Plane, shown: Plane, paper: Plane
) -> Plane:
    """Contours with the stick's corner: wide, with varying pressure."""
    size, half = scene.size, tone.shape[0]
    on_light = 1 - (1 - tone) * resized(scene.alpha, half)
    edges = settled(along_edges(to_picture(np.dstack([on_light] * 3)), half / 120), half / 150)
    broad = contour_lines(on_light, edges, width=half / 210, reach=half / 50, faint=0.03, firm=0.14)
    fine = contour_lines(on_light, edges, width=half / 400, reach=half / 90, faint=0.02, firm=0.10)
    near = smoothstep(0.3, 0.7, resized(scene.detail, half))
    lines = resized(mix(broad, fine, near) * smoothstep(0.0, 0.3, shown), size)
    pressure = np.clip(0.75 + 0.4 * value_noise(rng, size, 7), 0.2, 1)
    drawn = caught(lines * pressure * 0.95, paper)
    return drawn * smoothstep(0, 0.25, lines)


def chalk_deposit(
    scene: Scene, rng: np.random.Generator, light: Plane, field: Orientation, paper: Plane
) -> Plane:
    """White chalk where the light falls: a few strokes with the stick, not a tone everywhere."""
    size = scene.size
    peak = smoothstep(0.70, 1.0, light)
    tone, cover = side_strokes(
        rng, peak, field, size=size, width=13, length=64, tolerance=0.6, least=0.12
    )
    peak = resized(peak, size)
    strokes = caught(tone * peak * 0.85, paper) * cover * smoothstep(0.0, 0.3, peak)
    rubbed_in = caught(0.66 * peak, paper, bite=0.12)
    chalk = rubbed_in + 0.32 * strokes * (1 - rubbed_in)
    return np.minimum(chalk, 0.95)


def flush(scene: Scene, tone: Plane, size: int) -> Plane:
    """Cover of red chalk, 0..1: on half tones of bare skin, and most on the lips."""
    bare = blur(np.maximum(scene.face, scene.skin), size / 120)
    middle = 1 - 1.5 * np.abs(tone - 0.5)
    warm = bare * resized(np.maximum(middle, 0), size) * 0.7
    return np.minimum(warm + 0.35 * scene.lips, 1)
