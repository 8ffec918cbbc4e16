"""Ink lines that follow the drawing: difference of Gaussians along the edge tangent flow."""

import cv2
import numpy as np

from likeness_model.painter.technique.flow import Orientation, along_edges, smear_along, tangents
from likeness_model.painter.technique.planes import Picture, Plane, bands, blur, luma, resized

WORK = 640  # side of the grid on which lines are found; the threshold is cut at full size


def sharpened_edges(
    tone: Plane, flow: Orientation, *, sigma: float, sharpness: float, along: float
) -> Plane:
    """XDoG response of `tone` (0..1): tone sharpened across the flow, then smoothed along it.

    Winnemoeller, Kyprianidis & Olsen 2012, "XDoG", eq. 6: (1 + p) G_s - p G_1.6s, with the
    Gaussians taken across the flow and the result smoothed along it as in Kang et al. 2007,
    "Coherent Line Drawing". Dark lines are low; `sigma` and `along` are in pixels.
    """
    steps = np.arange(tone.shape[0], dtype=np.float32)
    tangent = tangents(flow)
    along_x, along_y = cv2.split(tangent)
    reach = max(2, round(3.2 * sigma))
    taps = np.arange(-reach, reach + 1)
    narrow = np.exp(-0.5 * (taps / sigma) ** 2)
    wide = np.exp(-0.5 * (taps / (1.6 * sigma)) ** 2)
    weights = (1 + sharpness) * narrow / narrow.sum() - sharpness * wide / wide.sum()
    response = tone * np.float32(weights[reach])
    for rows in bands(len(tone)):
        part, down = response[rows], steps[rows, None]
        for tap, weight in zip(taps.astype(np.float32), weights.tolist(), strict=True):
            if tap:
                x, y = steps - tap * along_y[rows], down + tap * along_x[rows]
                there = cv2.remap(tone, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
                cv2.scaleAdd(there, weight, part, dst=part)
    return smear_along(response, tangent, along)


def without_specks(response: Plane, visible: float, smallest: int) -> Plane:
    """Remove specks: blots below `visible` of fewer than `smallest` pixels, and
    smudges that never reach full ink (the hysteresis of Canny 1986)."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        (response < visible).astype(np.uint8), connectivity=8
    )
    stroke = np.zeros(count, bool)
    stroke[labels[response < -visible]] = True
    stroke &= stats[:, cv2.CC_STAT_AREA] >= smallest
    stroke[0] = True
    if stroke.all():
        return response
    speck = cv2.dilate((~stroke)[labels].astype(np.uint8), np.ones((3, 3), np.uint8))
    return np.where(speck > 0, np.maximum(response, 0.2), response)


def evened(tone: Plane, amount: float, reach: float) -> Plane:
    """Tone (0..1) around 0.5, with the given share of its wide variation divided out.

    1 leaves only local contrast: dark skin and a dark coat get lines like pale ones; 0 leaves the
    light unchanged, so that shadows fill with ink. `reach` in pixels.
    """
    around = blur(tone, reach) + 0.08
    return tone / (2 * around) ** amount


def ink_lines(
    picture: Picture,
    *,
    size: int,
    width: float = 1.0,
    sharpness: float = 18.0,
    level: Plane | float = 0.38,
    evenness: float = 0.85,
    softness: float = 0.08,
    along: float = 4.0,
    smallest: int = 24,
) -> Plane:
    """Ink cover 0..1 at `size` px: lines and spot blacks of `picture`, without specks.

    `width` is the line's half width in 1/640 of the side, `level` the tone below which paper
    turns to ink (a plane varies the number of lines), `evenness` as in `evened`,
    `softness` the width of the brush's edge in tone, `smallest` the speck's area in work pixels.
    Lines are found on a 640 px grid, so the drawing is the same at every size.
    """
    small = resized(picture, WORK)
    tone = evened(luma(small), evenness, WORK / 24)
    coarse = along_edges(resized(picture, WORK // 2), 1.0 + width / 2)  # blurred: nothing is finer
    flow = cv2.resize(coarse, (WORK, WORK), interpolation=cv2.INTER_LINEAR)
    response = sharpened_edges(tone, flow, sigma=width, sharpness=sharpness, along=along)
    limit = resized(level, WORK) if isinstance(level, np.ndarray) else np.float32(level)
    response = without_specks(response - limit, softness / 2, smallest)
    return 1 - cut(resized(np.clip(response, -1, 1), size), 0.0, softness, size)


def cut(x: Plane, level: float, softness: float, size: int) -> Plane:
    """Threshold whose edge stays one to two pixels wide above 1024 px."""
    half = np.float32(softness * 0.5 * min(1.0, 1024 / size))
    return np.clip((x - level + half) / (2 * half), 0, 1)
