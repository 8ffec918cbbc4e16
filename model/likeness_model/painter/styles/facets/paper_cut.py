"""Paper cut: tones of the sitter as stacked sheets of coloured paper, before a box of paper."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from likeness_model.painter.regions import indexes
from likeness_model.painter.registry import Scene, Variation, paints
from likeness_model.painter.styles.facets.papers import PAPERS
from likeness_model.painter.technique import features
from likeness_model.painter.technique.blocks import main_colours
from likeness_model.painter.technique.figure import cut_out, spread_out
from likeness_model.painter.technique.form import modelled
from likeness_model.painter.technique.planes import Plane, resized
from likeness_model.painter.technique.sheets import (
    WORK,
    Pile,
    cut_shape,
    polygon_cover,
    without_scraps,
)
from likeness_model.painter.technique.tone import Colour
from likeness_model.vision.records import Image

UPPER_LIDS = ("33 246 161 160 159 158 157 173 133", "263 466 388 387 386 385 384 398 362")
STEPS = {"skin": (0.10, 0.30, 0.58, 0.84), "hair": (0.30, 0.72)}
CLOTH_PAPERS = 5

Mask = NDArray[np.bool_]


@paints("paper-cut")
def paper_cut(scene: Scene, variation: Variation) -> Image:
    papers = variation.pick_palette(PAPERS)
    pile = Pile(scene.size, papers.ground, variation.rng(1))
    papers.lay(pile, scene.size, variation.rng(2), papers.colours)
    solid = cut_out(scene.alpha, smooth=0.005)
    if papers.ramp:
        _lay_ramp(
            pile, scene, solid, _finer_ramp(papers.ramp, variation.mildness), variation.mildness
        )
    else:
        _lay_regions(pile, scene, solid, variation.mildness)
    return pile.picture


def _tones(scene: Scene, mildness: float) -> Plane:
    """Lightness at WORK, smooth but crisp at the features, with stronger broad modelling."""
    light = resized(scene.luminance, WORK)
    light = modelled(light, resized(scene.alpha, WORK), 0.35)
    broad = cv2.bilateralFilter(cv2.GaussianBlur(light, (0, 0), 1.0), 9, 0.12, 5)
    broad = cv2.GaussianBlur(broad, (0, 0), 2.4 - 1.2 * mildness)
    fine = cv2.GaussianBlur(light, (0, 0), 1.1)
    keep = np.clip(resized(scene.detail, WORK) * 1.5 - 0.6, 0, 1)
    return broad + (fine - broad) * keep


def _finer(steps: Sequence[float], mildness: float) -> list[float]:
    """More papers between the same tones, for a face closer to the photo."""
    count = len(steps) + round(4 * mildness)
    places, known = np.linspace(0, 1, count), np.linspace(0, 1, len(steps))
    return [float(step) for step in np.interp(places, known, np.asarray(steps))]


def _finer_ramp(ramp: Sequence[Colour], mildness: float) -> list[Colour]:
    channels = [_finer([colour[channel] for colour in ramp], mildness) for channel in range(3)]
    return [_as_colour(np.array(colour)) for colour in zip(*channels, strict=True)]


def _lay_ramp(
    pile: Pile, scene: Scene, solid: Plane, ramp: Sequence[Colour], mildness: float
) -> None:
    """The whole sitter in the tones of one ramp, the lightest sheet on top."""
    tones = _tones(scene, mildness)
    inside = resized(scene.alpha, WORK) > 0.5
    pile.lay(solid, ramp[0], lift=0.018, dark=0.6)
    face = resized(scene.face, WORK) > 0.5
    low, high = np.quantile(tones[face], (0.02, 0.97))
    marks = np.linspace(low, high, len(ramp) + 1)[1:-1] - 0.02
    for mark, colour in zip(marks, ramp[1:], strict=True):
        cover = cut_shape((tones > mark) & inside, scene.size, round_by=1.5, smallest=26)
        pile.lay(cover * solid, colour, lift=0.0042)
    white = tuple(min(255, channel + 8) for channel in ramp[-1])
    _lay_features(pile, scene, dark=ramp[0], white=(white[0], white[1], white[2]), lips=None)


def _lay_regions(pile: Pile, scene: Scene, solid: Plane, mildness: float) -> None:
    """Hair, clothes and skin, each in a few papers of its own colours."""
    tones = _tones(scene, mildness)
    picture = resized(spread_out(scene.foreground, scene.alpha), WORK)
    regions = _regions(scene)
    _lay_cloth(pile, picture, regions["cloth"], solid)
    for name in ("hair", "skin"):
        region, steps = regions[name], _finer(STEPS[name], mildness)
        chroma = 1.0 if name == "skin" else 1.2
        for number, (mark, colour) in enumerate(_papers_of(picture, tones, region, steps, chroma)):
            cover = cut_shape(region & (tones > mark), scene.size, round_by=1.7, smallest=60)
            pile.lay(cover * solid, colour, lift=0.008 if number == 0 else 0.0042)
    lips = scene.lips > 0.5
    skin = scene.foreground[(scene.skin > 0.5) & (scene.face > 0.5)]
    dark = _as_colour(skin.mean(0) * 0.22) if len(skin) else (40, 24, 24)
    red = scene.foreground[lips].mean(0) if lips.any() else np.array((150, 80, 80))
    _lay_features(
        pile, scene, dark=dark, white=(250, 246, 238), lips=_as_colour(red * (1.0, 0.82, 0.84))
    )


def _lay_cloth(pile: Pile, picture: Image, region: Mask, solid: Plane) -> None:
    """Everything but hair and skin in its main colours, each sheet over all darker ones."""
    lab = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)
    lab = cv2.GaussianBlur(cv2.bilateralFilter(lab, 5, 18, 3), (0, 0), 1.5)
    samples = lab[region][::11] if region.sum() > 400 else lab[::16, ::16].reshape(-1, 3)
    centres = main_colours(samples, CLOTH_PAPERS)
    index = ((centres**2).sum(1) - 2 * lab @ centres.T).argmin(2)
    vivid = (centres * (1, 1.3, 1.3)).astype(np.float32)
    colours = cv2.cvtColor(vivid[None], cv2.COLOR_Lab2RGB)[0] * 255
    pile.lay(solid, _as_colour(colours[0]), lift=0.018, dark=0.6)
    for number in range(1, len(centres)):
        shape = region & (index >= number)
        cover = cut_shape(shape, solid.shape[0], round_by=1.7, smallest=60)
        pile.lay(cover * solid, _as_colour(colours[number]), lift=0.0042)


def _regions(scene: Scene) -> dict[str, Mask]:
    """Three regions that fill the sitter, each smoothed before they are separated."""
    inside = resized(scene.alpha, WORK) > 0.3
    bare = np.maximum(resized(scene.skin, WORK), resized(scene.face, WORK))
    skin = cv2.GaussianBlur(bare, (0, 0), 2.5)
    hair = cv2.GaussianBlur(resized(scene.hair, WORK), (0, 0), 2.5)
    is_skin = without_scraps(inside & (skin > 0.5) & (skin >= hair), 400, holes=True)
    is_hair = without_scraps(inside & ~is_skin & (hair > 0.4), 400)
    is_hair = without_scraps(is_hair, 200, holes=True) & ~is_skin
    return {"skin": is_skin, "hair": is_hair, "cloth": inside & ~is_skin & ~is_hair}


def _papers_of(
    picture: Image, tones: Plane, region: Mask, steps: Sequence[float], chroma: float
) -> list[tuple[float, Colour]]:
    """(tone from which a paper begins, its colour), dark to light, from the region's own."""
    values = tones[region]
    if values.size < 30:
        return [(-1.0, (60, 56, 60))]
    marks = [-1.0, *np.quantile(values, steps).tolist()]
    lab = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)
    papers = []
    for low, high in zip(marks, [*marks[1:], 9.0], strict=True):
        members = region & (tones > low) & (tones <= high)
        mean = lab[members].mean(0) if members.any() else lab[region].mean(0)
        mean[1:] *= chroma
        rgb = cv2.cvtColor(mean.reshape(1, 1, 3).astype(np.float32), cv2.COLOR_Lab2RGB)
        papers.append((float(low), _as_colour(rgb.ravel() * 255)))
    return papers


def _as_colour(rgb: NDArray[np.floating]) -> Colour:
    red, green, blue = np.clip(np.round(rgb), 0, 255).astype(int).tolist()
    return red, green, blue


def _lay_features(
    pile: Pile, scene: Scene, *, dark: Colour, white: Colour, lips: Colour | None
) -> None:
    """Mouth, eyes and brows as separate small sheets, so that the gaze stays clear."""
    size = scene.size
    light = resized(scene.luminance, WORK)
    mouth = resized(scene.mouth, WORK) > 0.5
    thin = {"lift": 0.0028, "dark": 0.4}
    if mouth.sum() > 40:
        pile.lay(cut_shape(mouth, size, round_by=1.0, smallest=8), dark, **thin)
        bright = mouth & (light > max(0.42, float(np.quantile(light[mouth], 0.45))))
        pile.lay(cut_shape(bright, size, round_by=1.8, smallest=20), white, **thin)
    if lips is not None:
        pile.lay(
            cut_shape(resized(scene.lips, WORK) > 0.45, size, round_by=1.0, smallest=8),
            lips,
            **thin,
        )
    eyes = resized(scene.eyes, WORK) > 0.45
    pile.lay(cut_shape(eyes, size, round_by=0.8, smallest=6), white, **thin)
    iris = (resized(scene.irises, WORK) > 0.45) & eyes
    pile.lay(cut_shape(iris, size, round_by=0.7, smallest=3), dark, **thin)
    pile.lay(polygon_cover(_lids(scene), size), dark, **thin)
    brows = cut_shape(resized(scene.brows, WORK) > 0.5, size, round_by=1.2, smallest=12)
    pile.lay(brows, dark if lips is None else _brow_papers(scene, dark), **thin)
    centres, radius = features.iris_centres(scene.irises)
    glints = [
        _glint(centre / size, 0.30 * radius / size)
        for centre in centres + radius * np.array([-0.30, -0.34], np.float32)
    ]
    pile.lay(polygon_cover(glints, size), white, lift=0.001, dark=0.2)


def _brow_papers(scene: Scene, dark: Colour) -> Colour:
    """The brows' own colour, darkened, and never lighter than in the photo."""
    brows = scene.brows > 0.6
    if not brows.any():
        return dark
    own = scene.foreground[brows].mean(0)
    weight = float(np.clip((own.mean() - 40) / 110, 0.0, 1.0))
    return _as_colour(np.array(dark) * (1 - 0.6 * weight) + own * 0.6 * weight)


def _lids(scene: Scene) -> list[Plane]:
    """The upper lash lines as crescents, thickest over the iris."""
    lids = []
    for ring in scene.shown(UPPER_LIDS):
        line = scene.mesh[indexes(ring), :2] / scene.size
        width = np.linalg.norm(line[-1] - line[0])
        bulge = np.sin(np.linspace(0.12, 0.96, len(line)) * np.pi)[:, None] * (0, -0.11 * width)
        lower = line + np.array([0, 0.015 * width])
        lids.append(np.vstack([line + bulge * 0.75, lower[::-1]]).astype(np.float32))
    return lids


def _glint(centre: Plane, radius: float) -> Plane:
    turn = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    return (centre + radius * np.stack([np.cos(turn), np.sin(turn)], 1)).astype(np.float32)
