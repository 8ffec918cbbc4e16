"""Keep eyes and teeth bright when a style removes their detail."""

import cv2
import numpy as np

from likeness_model.painter.technique.planes import Picture, Plane, extent, painted, smoothstep


def bright_eyes(picture: Picture, eyes: Plane, irises: Plane, amount: float = 0.6) -> Picture:
    """Brighten the white of the eye; darken nothing, so that the gaze does not change."""
    there = extent(eyes)
    white = np.clip(eyes[there] - irises[there] * 1.2, 0, 1)
    return _whitened(picture, there, white, eyes[there], amount)


def bright_teeth(picture: Picture, mouth: Plane, amount: float = 0.6) -> Picture:
    """Whiten bright pixels in the open mouth, but not the tongue and the dark."""
    there = extent(mouth)
    return _whitened(picture, there, mouth[there], mouth[there], amount)


def _whitened(
    picture: Picture, window: tuple[slice, slice], cover: Plane, among: Plane, amount: float
) -> Picture:
    """Move a window's pixels towards white by their whiteness relative to all of `among`."""
    part = picture[window]
    if part.size == 0 or cover.max() <= 0.05:
        return picture
    lab = cv2.cvtColor(part, cv2.COLOR_RGB2Lab).astype(np.float32)
    light = lab[..., 0] / 255
    inside = light[among > 0.5]
    if inside.size == 0:
        return picture
    dark, bright = np.quantile(inside, (0.2, 0.9))
    whiteness = smoothstep(float(dark), max(float(bright), float(dark) + 0.05), light)
    colourful = np.abs(lab[..., 1:] - 128).max(2)
    whiteness = whiteness * smoothstep(45.0, 20.0, colourful) * cover * amount
    result = picture.copy()
    result[window] = painted(part, (255, 253, 250), whiteness)
    return result


def larger_eyes(picture: Picture, centres: Plane, reach: float, amount: float) -> Picture:
    """Magnify by 1 + `amount` at each centre, fading to nothing at `reach` pixels.

    `centres` is (n, 2). The local warp of Gustafsson 1993, "Interactive Image Warping", ch. 4.
    """
    result = picture.copy()
    size = picture.shape[0]
    for x, y in centres:
        left, top = max(0, int(x - reach)), max(0, int(y - reach))
        right, bottom = min(size, int(x + reach) + 2), min(size, int(y + reach) + 2)
        across = np.arange(left, right, dtype=np.float32)[None, :] - np.float32(x)
        down = np.arange(top, bottom, dtype=np.float32)[:, None] - np.float32(y)
        inside = np.clip(1 - (across**2 + down**2) / (reach**2), 0, 1)
        pull = 1 - amount / (1 + amount) * inside * inside
        result[top:bottom, left:right] = cv2.remap(
            picture, across * pull + np.float32(x), down * pull + np.float32(y), cv2.INTER_CUBIC
        )
    return result


def catchlights(picture: Picture, centres: Plane, radius: float, side: float) -> Picture:
    """A round glint in each iris of `radius` pixels; `side` of the light: -1 left, 1 right."""
    result = picture.copy()
    for x, y in centres:
        for dx, dy, share in ((0.38 * side, -0.40, 0.34), (-0.34 * side, 0.38, 0.16)):
            at = [round((x + dx * radius) * 16), round((y + dy * radius) * 16)]
            cv2.circle(result, at, round(share * radius * 16), (255, 255, 255), -1, cv2.LINE_AA, 4)
    return result


def iris_centres(irises: Plane) -> tuple[Plane, float]:
    """Centre of each iris in the mask, (n, 2) from left to right, and their mean radius."""
    there = extent(irises)
    if not irises[there].size:
        return np.zeros((0, 2), np.float32), 0.0
    count, _, stats, centres = cv2.connectedComponentsWithStats(
        (irises[there] > 0.5).astype(np.uint8)
    )
    centres += (there[1].start, there[0].start)
    found = [i for i in range(1, count) if stats[i, cv2.CC_STAT_AREA] >= 9]
    found = sorted(found, key=lambda i: -stats[i, cv2.CC_STAT_AREA])[:2]
    if not found:
        return np.zeros((0, 2), np.float32), 0.0
    radius = float(np.mean([stats[i, cv2.CC_STAT_WIDTH] / 2 for i in found]))
    return centres[sorted(found, key=lambda i: centres[i, 0])].astype(np.float32), radius
