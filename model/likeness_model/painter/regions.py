"""Masks of a portrait's parts, drawn from its mesh and its colours."""

from collections.abc import Collection

import cv2
import numpy as np

from likeness_model.vision.records import Floats, Image
from likeness_model.vision.skin import cheeks
from likeness_model.vision.visible import Part

OVAL = (
    "10 338 297 332 284 251 389 356 454 323 361 288 397 365 379 378 400 377 "
    "152 148 176 149 150 136 172 58 132 93 234 127 162 21 54 103 67 109"
)
LIPS_OUTSIDE = "61 146 91 181 84 17 314 405 321 375 291 409 270 269 267 0 37 39 40 185"
LIPS_INSIDE = "78 95 88 178 87 14 317 402 318 324 308 415 310 311 312 13 82 81 80 191"
RIGHT_EYE = "33 7 163 144 145 153 154 155 133 173 157 158 159 160 161 246"
LEFT_EYE = "263 249 390 373 374 380 381 382 362 398 384 385 386 387 388 466"
RIGHT_BROW = "70 63 105 66 107 55 65 52 53 46"
LEFT_BROW = "300 293 334 296 336 285 295 282 283 276"
EYES = {Part.RIGHT_EYE: RIGHT_EYE, Part.LEFT_EYE: LEFT_EYE}
SAME_COLOUR = 10.0  # CIE76
AROUND = {  # the outlines of what is hidden with a covered part
    Part.MOUTH: "234 132 172 150 176 152 400 379 397 361 454 347 197 118",
    Part.RIGHT_EYE: f"{RIGHT_EYE} {RIGHT_BROW}",
    Part.LEFT_EYE: f"{LEFT_EYE} {LEFT_BROW}",
}
NOSE = "168 193 245 188 174 217 126 142 129 98 97 2 326 327 358 371 355 437 399 412 465 417"

_STEPS = np.arange(256) / 255
_LINEAR = np.where(_STEPS <= 0.04045, _STEPS / 12.92, ((_STEPS + 0.055) / 1.055) ** 2.4)
_LINEAR = _LINEAR.astype(np.float32)[None]
_LUMINANCE = np.array([[0.212671, 0.715160, 0.072169]], np.float32)  # of red, green, blue: cv2's

SUBPIXEL = 4  # cv2 draws at 1/16 px with shift=4, so masks do not jump by whole pixels


def indexes(ring: str) -> list[int]:
    return [int(number) for number in ring.split()]


def fill(mesh: Floats, rings: list[str], size: int, *, soft: float = 0.002) -> Floats:
    """Closed rings of mesh points, filled; the rim is blurred by `soft` of the size."""
    mask = np.zeros((size, size), np.float32)
    if not rings:
        return mask
    sigma = max(0.6, soft * size)
    outlines = [mesh[indexes(ring), :2] for ring in rings]
    reach = int(4 * sigma) + 3  # the reach of cv2's kernel, and a pixel of rounding
    low, high = (f(np.concatenate(outlines), axis=0) for f in (np.min, np.max))
    (left, top), (right, bottom) = (
        np.clip(corner, 0, size).astype(int) for corner in (low - reach, high + reach + 1)
    )
    if left >= right or top >= bottom:
        return mask
    part = np.zeros((bottom - top, right - left), np.float32)
    for outline in outlines:
        points = np.round(outline * 2**SUBPIXEL).astype(np.int32)
        cv2.fillPoly(part, [points - (left << SUBPIXEL, top << SUBPIXEL)], 1.0, 8, SUBPIXEL)
    mask[top:bottom, left:right] = cv2.GaussianBlur(part, (0, 0), sigma).clip(0, 1)
    return mask


def softened(mask: Floats, sigma: float) -> Floats:
    """A Gaussian blur of a mask of 0..1, computed only around its non-zero pixels."""
    soft = np.zeros_like(mask)
    there = _extent(mask, int(4 * sigma) + 2)  # the reach of cv2's kernel
    soft[there] = cv2.GaussianBlur(mask[there], (0, 0), sigma).clip(0, 1)
    return soft


def face_height(mesh: Floats) -> float:
    """From the top of the brow to the chin, in pixels."""
    return float(np.linalg.norm(mesh[152, :2] - mesh[10, :2]))


def lightness(image: Image) -> Floats:
    """CIE L*/100 of sRGB (IEC 61966-2-1, CIE 15): of the luminance alone, without Lab's a and b."""
    luminance = cv2.transform(cv2.LUT(image, _LINEAR), _LUMINANCE)
    root = np.cbrt(luminance)
    light = np.multiply(root, 1.16, out=root)
    light -= np.float32(0.16)
    dark = luminance < (6 / 29) ** 3
    light[dark] = luminance[dark] * np.float32((29 / 3) ** 3 / 100)
    return light


def irises(image: Image, mesh: Floats, eye_mask: Floats) -> Floats:
    size = image.shape[0]
    sigma = max(1.0, size * 0.003)
    mask = np.zeros((size, size), np.float32)
    for ring in (RIGHT_EYE, LEFT_EYE):
        points = mesh[indexes(ring), :2]
        width = float(np.ptp(points[:, 0]))
        middle = points.mean(0)
        ys, xs = _window(middle, width * 0.30, width * 0.15, size)
        around = _window(middle, width * 0.30 + 4 * sigma, width * 0.15 + 4 * sigma, size)
        grey = cv2.GaussianBlur(lightness(image[around]), (0, 0), sigma)
        grey = grey[_within(ys, around[0]), _within(xs, around[1])]
        darkness = (1 - grey) ** 4 * eye_mask[ys, xs]
        total = float(darkness.sum())
        if total > 0:
            grid_y, grid_x = np.mgrid[ys, xs]
            middle = np.array([(grid_x * darkness).sum(), (grid_y * darkness).sum()]) / total
        centre = np.round(middle * 2**SUBPIXEL).astype(int).tolist()
        radius = round(width * 0.21 * 2**SUBPIXEL)
        cv2.circle(mask, centre, radius, 1.0, -1, cv2.LINE_8, SUBPIXEL)
    return softened(mask, max(0.6, size * 0.0015)) * eye_mask


def hidden(image: Image, mesh: Floats, covered: Collection[Part]) -> Floats:
    """The convex area around each covered part, and the rest of the face in the colour of what
    covers an eye. What covers a mouth mostly reaches the nose."""
    size = image.shape[0]
    mask = np.zeros((size, size), np.float32)
    for part in covered:
        outline = cv2.convexHull(mesh[indexes(AROUND[part]), :2])
        points = np.round(outline * 2**SUBPIXEL).astype(np.int32)
        cv2.fillPoly(mask, [points], 1.0, cv2.LINE_8, SUBPIXEL)
        eye = fill(mesh, [EYES[part]], size) > 0.5 if part in EYES else np.zeros_like(mask, bool)
        if eye.any():
            lab = cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)
            apart = np.linalg.norm(lab - np.median(lab[eye], 0), axis=2)
            mask[(apart < SAME_COLOUR) & (fill(mesh, [OVAL], size) > 0.5)] = 1
    return mask


def skin(image: Image, alpha: Floats, mesh: Floats, features: Floats, covered: Floats) -> Floats:
    """Pixels coloured like the cheeks and the forehead: a Gaussian in Lab, tolerant in lightness.
    What is covered has no say in the colour.

    Computed at 256 px: skin has no fine structure, and a guided filter gives the edge.
    """
    size = image.shape[0]
    small = cv2.resize(image, (256, 256), interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)
    scaled = mesh * (256 / size)
    oval = fill(scaled, [OVAL], 256)
    core = cv2.erode(oval, np.ones((9, 9), np.uint8)) > 0.9
    for other in (features, covered):
        bare = core & (cv2.resize(other, (256, 256), interpolation=cv2.INTER_AREA) < 0.05)
        core = bare if bare.any() else core
    sample = lab[core]
    centre = np.median(sample, 0)
    near = sample[np.abs(sample[:, 0] - centre[0]) < 25]
    spread = np.maximum(near.std(0), (10, 3.5, 4.5)) * (1.6, 1.4, 1.4)
    likelihood = np.exp(-0.5 * _squared(lab / np.float32(spread), np.float32(centre / spread)))
    likelihood = np.clip(likelihood * 2.2 - 0.25, 0, 1)
    # Beige clothes far below the face are not skin.
    below = (np.arange(256)[:, None] - scaled[152, 1]) / max(1.0, face_height(scaled))
    likelihood *= np.clip(1.6 - below * 1.6, 0, 1).astype(np.float32)
    likelihood = np.maximum(likelihood, cv2.GaussianBlur(core.astype(np.float32), (0, 0), 2) * 0.6)
    likelihood = _without_highlights(likelihood, oval)
    soft = cv2.bilateralFilter(likelihood, 7, 0.3, 4)
    large = cv2.resize(soft, (size, size), interpolation=cv2.INTER_CUBIC)
    np.clip(large, 0, 1, out=large)
    large *= alpha
    large *= 1 - features
    return large


def _squared(lab: Floats, colour: Floats) -> Floats:
    """The squared distance of each colour to one colour."""
    return sum(np.square(plane - own) for plane, own in zip(cv2.split(lab), colour, strict=True))


def _without_highlights(likelihood: Floats, oval: Floats) -> Floats:
    """Skin that surrounds a small area includes it: a light on the forehead or the ear."""
    closed = cv2.morphologyEx(np.maximum(likelihood, oval), cv2.MORPH_CLOSE, _disc(3))
    outside = (closed < 0.5).astype(np.uint8)
    _, label, stats, _ = cv2.connectedComponentsWithStats(outside, connectivity=4)
    small = stats[:, cv2.CC_STAT_AREA] < 0.12 * oval.sum()
    small[0] = False
    inner = cv2.dilate(small[label].astype(np.float32), _disc(3))
    return np.maximum(likelihood, cv2.GaussianBlur(inner, (0, 0), 1.5))


SURE_SKIN = 0.7  # `skin` is 0.6 in the whole face


def flesh(image: Image, mesh: Floats, skin_mask: Floats, face_mask: Floats) -> Floats:
    both = cheeks(mesh, image.shape) > 0
    where = both & (skin_mask > SURE_SKIN)
    if where.sum() <= 0.1 * both.sum():
        where = skin_mask * face_mask > SURE_SKIN
    pixels = image[where] if where.any() else image[face_mask >= face_mask.max()]
    lab = cv2.cvtColor(pixels[None].astype(np.float32) / 255, cv2.COLOR_RGB2Lab)[0]
    return np.median(lab, axis=0).astype(np.float32)


def hair(image: Image, alpha: Floats, mesh: Floats, face_mask: Floats, skin_mask: Floats) -> Floats:
    """Above the chin what is neither face nor skin; below it, what continues those colours.

    Long hair is told from clothes by colour: nearer to the hair beside the face than to the chest
    and the shoulders, and connected to that hair. Computed at 256 px.
    """
    size, side = alpha.shape[0], 256
    person, face, bare = (
        cv2.resize(x, (side, side), interpolation=cv2.INTER_AREA)
        for x in (alpha, face_mask, skin_mask)
    )
    rows, columns = np.ogrid[0:side, 0:side]
    chin, tall = mesh[152, :2] * (side / size), face_height(mesh) * (side / size)
    below = (rows - chin[1]) / tall
    above_chin = np.clip((0.1 - below) / 0.35, 0, 1).astype(np.float32)
    beside = np.clip((1.15 - np.abs(columns - chin[0]) / tall) / 0.3, 0, 1).astype(np.float32)
    other = person * (1 - face) * (1 - bare)
    certain = (other > 0.8) & (below < -0.35) & (beside > 0.5)
    certain = cv2.erode(certain.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    clothes = (person > 0.8) & (bare < 0.3) & (below > 0.3)
    clothes &= (np.abs(columns - chin[0]) < 0.35 * tall) | (below > 1.2)
    place = above_chin * beside
    if certain.sum() > 60:
        small = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
        like = _like_first(small, certain, clothes)
        grown = _connected((like > 0.6) & (other > 0.4), certain) * like
        # Down to the chin the place decides, from the mouth on more and more the colour.
        place = np.maximum(place * np.clip(like * 2 + 2 * (-0.2 - below), 0, 1), grown)
    soft = cv2.GaussianBlur(place.astype(np.float32), (0, 0), 1.2)
    large = cv2.resize(soft, (size, size), interpolation=cv2.INTER_CUBIC)
    np.clip(large, 0, 1, out=large)
    large *= alpha
    large *= 1 - face_mask
    large *= 1 - skin_mask
    return large


def _like_first(image: Image, first: np.ndarray, second: np.ndarray) -> Floats:
    """0..1: how near each colour is to the first area's, and nearer than to the second's."""
    lab = cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)
    lab = cv2.GaussianBlur(lab, (0, 0), 1.5) * np.float32((0.6, 1.2, 1.2))
    own = _distance(lab, lab[first])
    near = np.clip((24 - own) / 8, 0, 1)
    if second.sum() < 60:
        return near
    other = _distance(lab, lab[second])
    if np.median(other[first]) < 8:  # black hair on black clothes: no border to be found
        return near
    return near * np.clip((other - own) / 8 + 0.5, 0, 1)


def _distance(lab: Floats, samples: Floats) -> Floats:
    """To the nearest of five colours that represent the samples, dark to light."""
    parts = np.array_split(np.argsort(samples[:, 0]), 5)
    tones = [samples[part].mean(0) for part in parts]
    squares = [_squared(lab, np.float32(tone)) for tone in tones]
    return np.sqrt(np.minimum.reduce(squares))


def _connected(mask: np.ndarray, seeds: np.ndarray) -> Floats:
    """1 in the connected parts of a mask that touch a seed."""
    _, label = cv2.connectedComponents((mask | seeds).astype(np.uint8))
    touched = np.unique(label[seeds])
    return np.isin(label, touched[touched > 0]).astype(np.float32)


DETAIL = 512  # px: blurs of a thirtieth of the face leave no finer structure


def detail(alpha: Floats, mesh: Floats) -> Floats:
    size = min(alpha.shape[0], DETAIL)
    scaled = mesh * (size / alpha.shape[0])
    parts = fill(scaled, [RIGHT_EYE, LEFT_EYE, RIGHT_BROW, LEFT_BROW, NOSE, LIPS_OUTSIDE], size)
    reach = face_height(scaled) * 0.035
    there, disc = _extent(parts, round(reach) + 1), _disc(reach)
    parts[there] = cv2.dilate(parts[there], disc)
    around = softened(parts, reach)
    rim = softened(fill(scaled, [OVAL], size, soft=0.006), face_height(scaled) * 0.04)
    shown = np.maximum(np.maximum(around, 0.5 * rim), 0.15)
    shown = cv2.resize(shown, alpha.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.multiply(shown, alpha, out=shown)


def _disc(radius: float) -> np.ndarray:
    side = 2 * max(1, round(radius)) + 1
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))


def _extent(mask: Floats, margin: int) -> tuple[slice, slice]:
    """The rows and columns where a mask is not zero, with `margin` on each side."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        return slice(0, 1), slice(0, 1)
    return (
        slice(max(0, int(rows[0]) - margin), int(rows[-1]) + margin + 1),
        slice(max(0, int(columns[0]) - margin), int(columns[-1]) + margin + 1),
    )


def _within(inner: slice, outer: slice) -> slice:
    """A slice of the whole, relative to a part of it."""
    return slice(inner.start - outer.start, inner.stop - outer.start)


def _window(middle: np.ndarray, wide: float, tall: float, size: int) -> tuple[slice, slice]:
    (x, y) = middle
    rows = slice(max(0, int(y - tall)), min(size, int(y + tall) + 2))
    return rows, slice(max(0, int(x - wide)), min(size, int(x + wide) + 2))
