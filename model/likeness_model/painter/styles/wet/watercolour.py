"""Watercolour: glazes with dried edges, a wet-in-wet wash behind, on cold-pressed paper."""

from dataclasses import dataclass

import cv2
import numpy as np

from likeness_model.painter.registry import Scene, Variation, paints
from likeness_model.painter.technique.flow import along_edges, settled, smear
from likeness_model.painter.technique.form import bare_skin
from likeness_model.painter.technique.ink import ink_lines
from likeness_model.painter.technique.noise import speckle, value_noise
from likeness_model.painter.technique.paper import cold_press, normalised, shaded
from likeness_model.painter.technique.pigment import (
    bloom,
    splatter,
    torn,
    wet_edge,
    with_density,
)
from likeness_model.painter.technique.planes import (
    Picture,
    Plane,
    blur,
    dimmed,
    grid,
    mix,
    plain,
    resized,
    rgb,
    smoothstep,
    to_picture,
)
from likeness_model.painter.technique.tone import Colour

# Three pigments that mix wet-in-wet behind the sitter.
PALETTES: tuple[tuple[Colour, Colour, Colour], ...] = (
    ((64, 116, 186), (150, 196, 220), (240, 196, 112)),  # cerulean, ochre
    ((216, 106, 116), (242, 180, 150), (150, 120, 196)),  # rose, violet
    ((66, 142, 116), (170, 204, 120), (244, 222, 132)),  # viridian, lemon
    ((242, 146, 62), (238, 106, 98), (252, 212, 116)),  # sunset
    ((104, 88, 170), (92, 136, 208), (226, 150, 190)),  # violet, pink
    ((40, 128, 150), (96, 190, 186), (246, 176, 138)),  # turquoise, coral
    ((150, 96, 70), (214, 164, 110), (120, 140, 110)),  # sienna, sage
)
SHAPES = ("cloud", "sheet", "bands", "halo", "corner")
PAPER = np.array((0.988, 0.980, 0.960), np.float32)
PENCIL = np.array((0.33, 0.28, 0.27), np.float32)
GLAZES = 5


@dataclass(frozen=True, slots=True)
class Wash:
    """Colour (S, S, 3) and cover (S, S), both 0..1, and the pigment's density around 1."""

    colour: Plane
    cover: Plane
    density: Plane

    def at(self, size: int) -> "Wash":
        return Wash(*(resized(x, size) for x in (self.colour, self.cover, self.density)))

    def on_paper(self, size: int, grain: Plane) -> Plane:
        """The wash alone on white paper, (size, size, 3); `grain` is added to its density."""
        wash = self.at(size)
        density = np.clip(wash.density + grain, 0.04, 2.6)
        thin = 1 - dimmed(1 - wash.colour, np.minimum(density, 1))
        thick = with_density(thin, np.maximum(density, 1))
        return 1 - dimmed(1 - thick, wash.cover)


@paints("watercolour")
def watercolour(scene: Scene, variation: Variation) -> Picture:
    """Paint the sitter in glazes over pencil, before a wash that leaves the paper's rim bare.

    After Bousseau, Kaplan, Thollot & Sillion 2006: abstracted colour, then pigment density from
    paper, turbulence and dried edges. Washes are computed at half size, paper at full size.
    """
    size, half = scene.size, scene.size // 2
    rng = variation.rng()
    sheet = cold_press(rng, size)
    granules = normalised(speckle(rng, size, 1.5) + 0.8 * speckle(rng, size, 3.2))
    picture = background_wash(scene, variation, rng, half).on_paper(
        size, 0.09 * granules - 0.15 * sheet
    )
    sitter = sitter_wash(scene, variation, rng, half)
    pencil = pencil_under(scene, sitter.colour, size)
    sitter = sitter.at(size)
    calm = 1 - 0.35 * scene.face
    grain = (0.7 * granules - sheet) * calm
    dark = 1 - cv2.cvtColor(sitter.colour, cv2.COLOR_RGB2GRAY)
    density = sitter.density + grain * (0.04 + 0.10 * dark)
    painted = with_density(sitter.colour, np.clip(density, 0.2, 2.4))
    cover = smoothstep(0.2, 0.8, sitter.cover)
    picture = mix(picture, painted, cover)
    lead = pencil * cover * (0.8 - 0.3 * np.clip(sheet, -1, 1))
    picture = mix(picture, PENCIL, np.clip(lead, 0, 1))
    return to_picture(dimmed(picture, shaded(sheet, 0.05)) * PAPER)


def background_wash(
    scene: Scene, variation: Variation, rng: np.random.Generator, size: int
) -> Wash:
    """Three pigments flowing into each other, in one of several shapes, clear of the sitter."""
    first, second, third = (rgb(c) for c in variation.pick_palette(PALETTES))
    shape = wash_shape(variation.pick_background(SHAPES), rng, size)
    cover = smoothstep(-0.02, 0.05, shape)
    sitter = torn(blur(resized(scene.alpha, size), size / 260), rng, size / 150, 24)
    clear = 1 - smoothstep(0.06, 0.3, sitter)
    flow = value_noise(rng, size, 3, octaves=4) + grid(size)[1] - 0.4
    colour = mix(plain(first, size), second, smoothstep(-0.45, 0.45, flow))
    colour = mix(colour, third, smoothstep(0.1, 0.75, value_noise(rng, size, 3.3, octaves=4)))
    flecks = splatter(rng, size, 90, free=1 - np.maximum(cover, resized(scene.alpha, size)))
    density = 0.72 + 0.45 * value_noise(rng, size, 5, octaves=5) + 0.8 * bloom(rng, size, 5)
    cover = cover * clear
    density += 1.7 * wet_edge(cover, size / 130) + wet_edge(flecks, size / 200)
    return Wash(colour, np.maximum(cover, flecks), density.astype(np.float32))


def wash_shape(kind: str, rng: np.random.Generator, size: int) -> Plane:
    """Signed shape of the wash on the sheet: above 0 is wet. Rims are ragged with noise."""
    x, y = grid(size)
    ragged = value_noise(rng, size, 4, octaves=5)
    round_head = np.sqrt(((x - 0.5) / 0.46) ** 2 + ((y - 0.42) / 0.44) ** 2)
    if kind == "cloud":
        return 1.05 - round_head + 0.28 * ragged
    if kind == "halo":
        ring = 0.34 - np.abs(round_head - 0.78)
        return ring + 0.16 * ragged
    if kind == "sheet":
        rim = np.minimum(np.minimum(x - 0.05, 0.95 - x), np.minimum(y - 0.05, 0.97 - y))
        return rim * 9 + 0.32 * ragged - 0.15
    if kind == "corner":
        slope = (x * 0.8 - y * 0.7) * np.float32(rng.choice((-1, 1)))
        far = np.abs(slope + 0.06) * 2.2
        return far - 0.38 + 0.22 * ragged
    streaks = value_noise(rng, size, 9, octaves=3, stretch=7)
    turn = cv2.getRotationMatrix2D((size / 2, size / 2), float(28 + 8 * rng.normal()), 1.5)
    bands = cv2.warpAffine(streaks, turn, (size, size), borderMode=cv2.BORDER_REFLECT)
    return 0.8 - round_head * 0.75 + 0.55 * bands + 0.15 * ragged


def sitter_wash(scene: Scene, variation: Variation, rng: np.random.Generator, size: int) -> Wash:
    """The sitter in glazes, from pale to dark, that dissolve into the paper at the bottom."""
    bare = bare_skin(*(resized(x, size) for x in (scene.face, scene.skin, scene.hair)))
    detail = resized(scene.detail, size)
    photo = resized(scene.foreground, size)
    colour = abstracted(photo, detail * (0.65 + 0.35 * variation.mildness))
    lab = cv2.cvtColor(colour, cv2.COLOR_RGB2LAB)
    tone = lab[..., 0] * 0.01
    thinned = 0.20 + 0.80 * cv2.pow(tone, 0.9)
    tone = mix(thinned, tone, 0.9 * bare)  # only skin keeps its own lightness
    broad = mix(tone, blur(tone, size / 110), 0.8 * bare)  # on skin, only large shapes make a glaze
    glazed = tone - broad + glazes(broad, value_noise(rng, size, 14, octaves=3) * (1 - 0.7 * bare))
    amount = (0.9 - 0.1 * bare - 0.6 * detail) * (1 - 0.6 * variation.mildness)
    tone = mix(tone, glazed, amount.astype(np.float32))
    chroma = torn(blur(lab[..., 1:], size / 170), rng, size / 220, 20)
    chroma *= (1.24 - 0.18 * bare)[..., None]  # skin does not change
    ink = (1 - bare)[..., None] * np.clip(0.62 - tone, 0, 1)[..., None]
    chroma = chroma + ink * np.array((2.0, -26.0), np.float32)  # darks shift to indigo, not black
    lab = np.dstack([tone * 100, chroma]).astype(np.float32)
    colour = cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)
    colour = np.clip(mix(colour, colour / PAPER, bare), 0, 1)  # cream paper would darken skin
    cover, fade = faded_below(scene, rng, size)
    rims = wet_edge(1 - tone, size / 160) * (1.3 - 0.6 * bare)
    flow = value_noise(rng, size, 6, octaves=5) * (0.3 - 0.2 * bare)
    density = fade + rims + flow + 1.1 * wet_edge(cover, size / 110) * (1 - bare)
    robe = smoothstep(-0.02, 0.08, grid(size)[1] - scene.mesh[152, 1] / scene.size)
    density += 0.5 * bloom(rng, size, 5) * robe * (1 - bare)
    colour = 1 - dimmed(1 - colour, np.clip(fade * 1.25, 0, 1))
    return Wash(colour, cover, density.astype(np.float32))


def abstracted(photo: Picture, keep: Plane) -> Plane:
    """Colours 0..1 without texture: smoothed along forms, flattened between edges.

    `keep` (0..1) is the share of the photo that stays.
    """
    side = photo.shape[0]
    field = settled(along_edges(photo, side / 150), side / 150)
    flat = smear(photo, field, side / 120)
    for spread in (34, 24):
        flat = cv2.bilateralFilter(flat, 9, spread, 7)
    return mix(flat.astype(np.float32), photo.astype(np.float32), keep) / 255


def glazes(tone: Plane, wobble: Plane) -> Plane:
    """Tone in GLAZES soft steps (Winnemoeller et al. 2006, eq. 3), with wavy borders."""
    moved = tone + 0.05 * wobble
    scaled = moved * GLAZES
    within = scaled - np.floor(scaled) - 0.5
    step = np.tanh(within * 6) / np.float32(2 * np.tanh(3))
    return (np.floor(scaled) + 0.5 + step) / GLAZES


def faded_below(scene: Scene, rng: np.random.Generator, size: int) -> tuple[Plane, Plane]:
    """Cover of the sitter and the pigment left as the brush runs dry."""
    x, y = grid(size)
    ragged = value_noise(rng, size, 6, octaves=4)
    drips = np.zeros((1, size), np.float32)
    for _ in range(7):
        place, width = rng.random(), rng.uniform(0.003, 0.006)
        drips += rng.uniform(0.02, 0.08) * np.exp(-(((x - place) / width) ** 4))
    chin = float(scene.mesh[152, 1]) / scene.size
    end = min(0.97, max(0.88, chin + 0.24))
    below = end - y + 0.035 * ragged
    wet = smoothstep(-0.003, 0.004, below + drips)
    cover = torn(resized(scene.alpha, size), rng, size / 400, 30) * wet
    fade = 0.14 + 0.86 * smoothstep(0.0, 0.24, below - 0.02 * ragged)
    return cover, fade


def pencil_under(scene: Scene, colour: Plane, size: int) -> Plane:
    """Faint underdrawing that shows through, 0..1: outlines and features only."""
    lines = ink_lines(to_picture(colour), size=size, width=0.7, sharpness=12, level=0.42)
    return lines * (0.42 - 0.14 * scene.face)
