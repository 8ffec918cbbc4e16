"""Cut a person out softly, and give the edge the person's own colours."""

import cv2
import numpy as np

from likeness_model.vision.records import Floats, Image
from likeness_model.vision.segment import clean_matte, person_mask

WORK = 640  # side at which the matte is refined, px: hair is a few pixels wide there
BAND = 0.022  # half width of the doubtful edge, in sides


def cut_out(image: Image, seed: tuple[float, float]) -> tuple[Floats, Image]:
    """Alpha (h, w) 0..1 and foreground colours (h, w, 3) uint8 of the person under `seed` (x, y).

    The network says where the edge is within a few pixels; the colours on its two sides say how
    much of each doubtful pixel is the person.
    """
    side = image.shape[0]
    small = cv2.resize(image, (WORK, WORK), interpolation=cv2.INTER_AREA)
    rough = _one_person(small, (seed[0] * WORK / side, seed[1] * WORK / side))
    colours = small.astype(np.float32) / 255
    refined = _split_band(colours, rough)
    guide = image.astype(np.float32) / 255
    alpha = cv2.resize(refined, (side, side), interpolation=cv2.INTER_CUBIC).clip(0, 1)
    return alpha, _person_colours(guide, alpha)


def _one_person(image: Image, seed: tuple[float, float]) -> Floats:
    """The cleaner matte where it agrees with the person mask, and only the part under the seed."""
    person, matte = person_mask(image), clean_matte(image)
    reach = np.ones((25, 25), np.uint8)
    rough = np.minimum(matte, cv2.dilate(person, reach))
    rough = np.maximum(rough, cv2.erode(person, reach))
    _, labels = cv2.connectedComponents((rough > 0.4).astype(np.uint8))
    mine = labels[int(np.clip(seed[1], 0, WORK - 1)), int(np.clip(seed[0], 0, WORK - 1))]
    if mine == 0:
        return rough
    keep = cv2.dilate((labels == mine).astype(np.uint8), np.ones((9, 9), np.uint8))
    return _fill_holes(rough * keep)


def _fill_holes(matte: Floats) -> Floats:
    """Gaps wholly inside a person are the network's, not the world's: at this framing there is no
    bent arm to look through."""
    outside = (matte < 0.5).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(outside, connectivity=4)
    for label in range(1, len(stats)):
        x, y, width, height, _ = stats[label]
        if x > 0 and y > 0 and x + width < WORK and y + height < WORK:
            matte[labels == label] = 1.0
    return matte


def _split_band(colours: Floats, rough: Floats) -> Floats:
    """Alpha in the doubtful band, by projecting each pixel on the line from the background's local
    colour to the person's; where the two are alike the network's answer stays."""
    side = rough.shape[0]
    reach = np.ones((2 * round(BAND * side) + 1,) * 2, np.uint8)
    sure_person = cv2.erode((rough > 0.9).astype(np.float32), reach)
    sure_back = cv2.erode((rough < 0.1).astype(np.float32), reach)
    person, back = _spread(colours, sure_person, side), _spread(colours, sure_back, side)
    across = person - back
    contrast = (across**2).sum(2)
    projected = ((colours - back) * across).sum(2) / np.maximum(contrast, 1e-4)
    trust = contrast / (contrast + 0.05)
    # Far from the network's edge the network is right; near it the colours are.
    near_edge = np.clip(1.5 - 3 * np.abs(cv2.GaussianBlur(rough, (0, 0), 3) - 0.5), 0, 1)
    trust = trust * near_edge
    mixed = trust * np.clip(projected * 1.3 - 0.15, 0, 1) + (1 - trust) * rough
    alpha = np.where(sure_person > 0, 1, np.where(sure_back > 0, 0, mixed)).astype(np.float32)
    smooth = guided_filter(colours, alpha, radius=max(2, side // 160), eps=1e-4)
    return np.clip(smooth * 1.06 - 0.03, 0, 1)


def _spread(colours: Floats, sure: Floats, side: int) -> Floats:
    """The local mean colour of the sure pixels, from near ones where there are any."""
    result = np.zeros_like(colours)
    missing = np.ones(sure.shape, np.float32)
    for sigma in (side * 0.02, side * 0.06, side * 0.4):
        weight = cv2.GaussianBlur(sure, (0, 0), sigma)
        mean = cv2.GaussianBlur(colours * sure[..., None], (0, 0), sigma)
        here = missing * np.clip(weight * 20, 0, 1)
        result += mean / np.maximum(weight, 1e-6)[..., None] * here[..., None]
        missing = missing - here
    return result + missing[..., None] * colours


def _person_colours(colours: Floats, alpha: Floats) -> Image:
    """Foreground by blur fusion (Forte 2021, arXiv 2103.12337), first wide, then narrow."""
    side = alpha.shape[0]
    person = back = colours
    for radius in (side // 12, max(2, side // 160)):
        person, back = _fuse(colours, person, back, alpha, radius)
    return np.clip(person * 255 + 0.5, 0, 255).astype(np.uint8)


def _fuse(
    colours: Floats, person: Floats, back: Floats, alpha: Floats, radius: int
) -> tuple[Floats, Floats]:
    window = (2 * radius + 1,) * 2
    weight = cv2.blur(alpha, window)[..., None] + 1e-5
    near_person = cv2.blur(person * alpha[..., None], window) / weight
    rest = (1 - alpha)[..., None]
    near_back = cv2.blur(back * rest, window) / (1 - weight + 2e-5).clip(1e-5)
    remainder = colours - alpha[..., None] * near_person - rest * near_back
    return np.clip(near_person + alpha[..., None] * remainder, 0, 1), near_back


def guided_filter(guide: Floats, source: Floats, *, radius: int, eps: float) -> Floats:
    """Edge-preserving smoothing of `source` (h, w) by the colours of `guide` (h, w, 3)
    (He, Sun and Tang 2013)."""
    window = (2 * radius + 1,) * 2
    mean = cv2.blur(guide, window)
    mean_source = cv2.blur(source, window)
    cross = cv2.blur(guide * source[..., None], window) - mean * mean_source[..., None]
    red, green, blue = np.moveaxis(guide, 2, 0)
    rr, rg, rb = (cv2.blur(red * other, window) for other in (red, green, blue))
    gg, gb, bb = (cv2.blur(p * q, window) for p, q in ((green, green), (green, blue), (blue, blue)))
    r, g, b = np.moveaxis(mean, 2, 0)
    rr, rg, rb = rr - r * r + eps, rg - r * g, rb - r * b
    gg, gb, bb = gg - g * g + eps, gb - g * b, bb - b * b + eps
    i_rr, i_rg, i_rb = gg * bb - gb * gb, gb * rb - rg * bb, rg * gb - gg * rb
    i_gg, i_gb, i_bb = rr * bb - rb * rb, rb * rg - rr * gb, rr * gg - rg * rg
    det = i_rr * rr + i_rg * rg + i_rb * rb
    x, y, z = np.moveaxis(cross, 2, 0)
    slope = np.stack(
        [
            (i_rr * x + i_rg * y + i_rb * z) / det,
            (i_rg * x + i_gg * y + i_gb * z) / det,
            (i_rb * x + i_gb * y + i_bb * z) / det,
        ],
        axis=2,
    )
    offset = mean_source - (slope * mean).sum(2)
    return (cv2.blur(slope, window) * guide).sum(2) + cv2.blur(offset, window)
