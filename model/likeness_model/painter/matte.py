"""Cut out a person with a soft edge in the person's own colours.

Filters handle the three planes of colours one by one: numpy and OpenCV are faster on a plane.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from likeness_model.vision.records import Floats, Image
from likeness_model.vision.segment import clean_matte, person_mask

WORK = 640  # side at which the matte is refined, px: hair is a few pixels wide there
AGREE = 0.75  # below it the matte shows something else, such as a car or a dog
BELOW_NOSE = 0.25  # sides from the tip of the nose to where clothes begin, roughly
NEARBY = 256  # side at which colours are averaged over wide neighbourhoods, px
BAND = 0.016  # half width of the uncertain edge, in sides


def cut_out(
    image: Image, seed: tuple[float, float], own: Floats | None = None
) -> tuple[Floats, Image]:
    """Alpha (h, w) 0..1 and foreground colours (h, w, 3) uint8 of the person under `seed` (x, y).

    The networks give the edge within a few pixels; the colours on both sides decide the alpha of
    the uncertain pixels. `own` (WORK, WORK) is the person without other people, from
    `instance.mask_of`.
    """
    side = image.shape[0]
    small = cv2.resize(image, (WORK, WORK), interpolation=cv2.INTER_AREA)
    colours = small.astype(np.float32) / 255
    rough = _one_person(small, colours, (seed[0] * WORK / side, seed[1] * WORK / side), own)
    refined = _split_band(colours, rough)
    alpha = cv2.resize(refined, (side, side), interpolation=cv2.INTER_CUBIC).clip(0, 1)
    return alpha, _person_colours(image, alpha)


def _one_person(
    image: Image, colours: Floats, seed: tuple[float, float], own: Floats | None
) -> Floats:
    """The finer matte where the masks agree with it; only the part under the seed."""
    person, matte = person_mask(image), clean_matte(image)
    overlap = np.minimum(person, matte).sum() / max(1.0, float(np.maximum(person, matte).sum()))
    if overlap < AGREE:
        matte = cv2.GaussianBlur(person, (0, 0), 3)
    if own is None:
        rough = np.minimum(matte, cv2.dilate(person, _square(25)))
        # The matte misses dark clothes but not heads; the mask may contain another person's head.
        heart = cv2.erode((person > 0.9).astype(np.float32), _square(61))
        heart[: round(seed[1] + BELOW_NOSE * WORK)] = 0
        rough = np.maximum(rough, heart)
    else:
        rough = np.minimum(matte, cv2.dilate(person, _square(17)))
        both = cv2.erode(np.minimum(person, own), _square(9))
        rough = np.maximum(rough, np.clip(both * 4 - 2.2, 0, 1))
        reach = guided_filter(colours, cv2.dilate(own, _square(7)), radius=10, eps=1e-3)
        rough = rough * np.clip(reach * 3.3 - 0.65, 0, 1)
    core, inside = rough, np.ones_like(rough)
    if own is not None:
        core, inside = np.minimum(rough, own + 0.1), (person + own) / 2
    return _fill_holes(rough * cv2.dilate(_part_under(seed, core), _square(31)), inside)


def _square(side: int) -> np.ndarray:
    return np.ones((side, side), np.uint8)


def _part_under(seed: tuple[float, float], mask: Floats) -> Floats:
    """1 in the connected part of the mask that contains the seed; the whole mask if none does."""
    _, labels = cv2.connectedComponents(cv2.erode((mask > 0.5).astype(np.uint8), _square(7)))
    mine = labels[int(np.clip(seed[1], 0, WORK - 1)), int(np.clip(seed[0], 0, WORK - 1))]
    part = labels == mine if mine else labels > 0
    return part.astype(np.float32)


def _fill_holes(matte: Floats, inside: Floats) -> Floats:
    """Fill the gaps that are `inside` the person, 0..1: errors of the matte. Between a bent arm and
    the head is background."""
    outside = (matte < 0.5).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(outside, connectivity=4)
    for label in range(1, len(stats)):
        x, y, width, height, _ = stats[label]
        if x > 0 and y > 0 and x + width < WORK and y + height < WORK:
            gap = labels == label
            if inside[gap].mean() > 0.5:
                matte[gap] = 1.0
    return matte


def _split_band(colours: Floats, rough: Floats) -> Floats:
    """Alpha with the uncertain band resolved, smoothed along the picture's edges."""
    alpha = _decided_by_colour(colours, rough)
    smooth = guided_filter(colours, alpha, radius=max(2, rough.shape[0] // 160), eps=1e-4)
    return np.clip(smooth * 1.2 - 0.13, 0, 1)


def _decided_by_colour(colours: Floats, rough: Floats) -> Floats:
    """Alpha in the uncertain band: project each pixel on the line from the background's local
    colour to the person's. Where the two are similar, the background is busy, or the pixel is not a
    mixture of the two, the network's alpha stays."""
    side = rough.shape[0]
    reach = np.ones((2 * round(BAND * side) + 1,) * 2, np.uint8)
    sure_person = cv2.erode((rough > 0.9).astype(np.float32), reach)
    sure_back = cv2.erode((rough < 0.1).astype(np.float32), reach)
    back, busy = _nearby(colours, sure_back)
    across = _nearby(colours, sure_person)[0] - back
    offset = colours - back
    contrast = np.einsum("ijk,ijk->ij", across, across)
    projected = np.einsum("ijk,ijk->ij", offset, across) / np.maximum(contrast, 1e-4)
    offset -= np.clip(projected, 0, 1)[..., None] * across
    misfit = np.einsum("ijk,ijk->ij", offset, offset)
    trust = contrast / (contrast + 0.05 + 3 * misfit + 4 * busy)
    soft = cv2.GaussianBlur(rough, (0, 0), side / 200)
    trust = trust * np.clip(1.6 - 3.2 * np.abs(soft - 0.5), 0, 1)
    mixed = trust * np.clip(projected * 1.3 - 0.15, 0, 1) + (1 - trust) * rough
    return np.where(sure_person > 0, 1, np.where(sure_back > 0, 0, mixed)).astype(np.float32)


def _nearby(colours: Floats, sure: Floats) -> tuple[Floats, Floats]:
    """The mean colour of the certain pixels around each pixel, and their variation.

    From the nearest ones if there are enough, else from further away.
    """
    side = NEARBY
    sure = cv2.resize(sure, (side, side), interpolation=cv2.INTER_AREA)
    colours = cv2.resize(colours, (side, side), interpolation=cv2.INTER_AREA)
    values = cv2.merge([*cv2.split(colours), (colours**2).sum(2)]) * sure[..., None]
    mean = np.zeros_like(values)
    missing = np.ones(sure.shape, np.float32)
    for reach in (0.02, 0.06, 0.4):
        weight = _wide_blur(sure, reach * side)
        here = missing * (np.clip(weight * 20, 0, 1) if reach < 0.4 else 1)
        mean += _wide_blur(values, reach * side) * (here / np.maximum(weight, 1e-6))[..., None]
        missing = missing - here
    busy = np.maximum(mean[..., 3] - (mean[..., :3] ** 2).sum(2), 0)
    both = cv2.merge([*cv2.split(mean[..., :3].copy()), busy])
    large = cv2.resize(both, (WORK, WORK), interpolation=cv2.INTER_LINEAR)
    return large[..., :3], large[..., 3]


def _wide_blur(image: Floats, sigma: float) -> Floats:
    """A Gaussian blur at the scale where it is three pixels wide: the same result, much faster."""
    side = image.shape[0]
    small = max(8, min(side, round(side * 3 / sigma)))
    shrunk = cv2.resize(image, (small, small), interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(shrunk, (0, 0), sigma * small / side)
    return cv2.resize(soft, (side, side), interpolation=cv2.INTER_LINEAR)


def _person_colours(image: Image, alpha: Floats) -> Image:
    """Foreground by blur fusion (Forte 2021, arXiv 2103.12337), first wide, then narrow.

    Only where the mask is soft: inside, the person's colours are the image's.
    """
    side = alpha.shape[0]
    half = side // 2
    small = cv2.resize(image, (half, half), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    small_alpha = cv2.resize(alpha, (half, half), interpolation=cv2.INTER_AREA)
    colours = cv2.split(small)
    wide = _fuse(colours, colours, colours, small_alpha, half // 12)
    near, _ = _fuse(colours, *wide, small_alpha, max(2, half // 100))
    person = cv2.convertScaleAbs(cv2.merge(near), alpha=255)
    person = cv2.resize(person, (side, side), interpolation=cv2.INTER_LINEAR)
    own = np.clip(alpha * 12 - 11, 0, 1)
    return cv2.blendLinear(image, person, own, 1 - own)


def _fuse(
    colours: Sequence[Floats],
    person: Sequence[Floats],
    back: Sequence[Floats],
    alpha: Floats,
    radius: int,
) -> tuple[list[Floats], list[Floats]]:
    """The person's colours and the background's, plane by plane."""
    window, rest = (2 * radius + 1,) * 2, 1 - alpha
    weight = cv2.blur(alpha, window)
    near_person = [cv2.blur(plane * alpha, window) / (weight + 1e-5) for plane in person]
    near_back = [cv2.blur(plane * rest, window) / (1 - weight + 1e-5) for plane in back]
    fused = [
        np.clip(front + alpha * (seen - alpha * front - rest * behind), 0, 1)
        for seen, front, behind in zip(colours, near_person, near_back, strict=True)
    ]
    return fused, near_back


def guided_filter(guide: Floats, source: Floats, *, radius: int, eps: float) -> Floats:
    """Edge-preserving smoothing of `source` (h, w) by the colours of `guide` (h, w, 3)
    (He, Sun and Tang 2013)."""
    window = (2 * radius + 1,) * 2
    planes = red, green, blue = cv2.split(guide)
    r, g, b = means = [cv2.blur(plane, window) for plane in planes]
    mean_source = cv2.blur(source, window)
    x, y, z = (
        cv2.blur(plane * source, window) - mean * mean_source
        for plane, mean in zip(planes, means, strict=True)
    )
    rr, rg, rb = (cv2.blur(red * other, window) for other in planes)
    gg, gb, bb = (cv2.blur(p * q, window) for p, q in ((green, green), (green, blue), (blue, blue)))
    rr, rg, rb = rr - r * r + eps, rg - r * g, rb - r * b
    gg, gb, bb = gg - g * g + eps, gb - g * b, bb - b * b + eps
    i_rr, i_rg, i_rb = gg * bb - gb * gb, gb * rb - rg * bb, rg * gb - gg * rb
    i_gg, i_gb, i_bb = rr * bb - rb * rb, rb * rg - rr * gb, rr * gg - rg * rg
    det = i_rr * rr + i_rg * rg + i_rb * rb
    slopes = (
        (i_rr * x + i_rg * y + i_rb * z) / det,
        (i_rg * x + i_gg * y + i_gb * z) / det,
        (i_rb * x + i_gb * y + i_bb * z) / det,
    )
    offset, result = mean_source, np.zeros_like(source)
    for plane, mean, slope in zip(planes, means, slopes, strict=True):
        offset = offset - slope * mean
        result += cv2.blur(slope, window) * plane
    return result + cv2.blur(offset, window)
