"""Planes (float32, one number per pixel), pictures (uint8 RGB), and steps that all styles use."""

from collections.abc import Iterator
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]
Picture = NDArray[np.uint8]
AnyPlane = TypeVar("AnyPlane", Plane, Picture)


BAND = 64  # rows whose planes stay in a core's cache
MOSTLY_EDGE = 0.15  # share of pixels between 0 and 1 from which on blending all is faster


def bands(rows: int) -> Iterator[slice]:
    """BAND rows at a time."""
    return (slice(top, min(top + BAND, rows)) for top in range(0, rows, BAND))


def extent(mask: Plane, margin: int = 0) -> tuple[slice, slice]:
    """The rows and columns where a mask is not zero, with `margin` on each side; none if it is."""
    left, top, wide, tall = cv2.boundingRect(cv2.compare(mask, 0, cv2.CMP_NE))
    if not wide:
        return slice(0, 0), slice(0, 0)
    return (
        slice(max(0, top - margin), min(mask.shape[0], top + tall + margin)),
        slice(max(0, left - margin), min(mask.shape[1], left + wide + margin)),
    )


def smoothstep(low: float, high: float, x: Plane) -> Plane:
    """0 below `low`, 1 above `high`, Hermite between; `low` > `high` inverts it."""
    t = x - np.float32(low)
    t *= np.float32(1.0 / (high - low))
    np.clip(t, 0.0, 1.0, out=t)
    slope = t * np.float32(-2)
    slope += np.float32(3)
    t *= t
    t *= slope
    return t


def resized(x: AnyPlane, size: int) -> AnyPlane:
    """Square array at another side: area when it shrinks, cubic when it grows."""
    if x.shape[0] == size:
        return x
    how = cv2.INTER_AREA if size < x.shape[0] else cv2.INTER_CUBIC
    return cv2.resize(x, (size, size), interpolation=how)


def shrunk(x: AnyPlane, size: int) -> AnyPlane:
    """As `resized`, but halved and then linear when it shrinks: for what is smoothed afterwards.

    Averages over areas by a factor that is not whole take ten times as long.
    """
    while size <= x.shape[0] // 2 and x.shape[0] % 2 == 0:
        x = cv2.resize(x, (x.shape[0] // 2,) * 2, interpolation=cv2.INTER_AREA)
    if size >= x.shape[0]:
        return resized(x, size)
    return cv2.resize(x, (size, size), interpolation=cv2.INTER_LINEAR)


def blur(x: AnyPlane, sigma: float) -> AnyPlane:
    """Gaussian blur whose cost does not grow with `sigma`: wide ones run on a smaller copy."""
    side = x.shape[0]
    shrink = max(int(sigma / 3), 2 if sigma > 3.8 else 1)
    if shrink < 2 or side // shrink < 16:
        return cv2.GaussianBlur(x, (0, 0), max(sigma, 0.3))
    small = cv2.resize(x, (side // shrink,) * 2, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / shrink)
    return cv2.resize(small, (side, side), interpolation=cv2.INTER_LINEAR)


def mix(below: Plane, above: Plane, cover: Plane | float) -> Plane:
    """`above` over `below`, by a cover of 0..1 (a plane spreads over the channels).

    Over (S, S, 3), `above` may be one colour of three numbers.
    """
    if below.ndim == 3 and above.ndim == 1:
        above = plain(above, below.shape[0])
    if isinstance(cover, np.ndarray) and cover.ndim == 2 and below.shape == above.shape:
        return cv2.blendLinear(below, above, 1 - cover, cover)
    if isinstance(cover, np.ndarray) and cover.ndim < max(below.ndim, above.ndim):
        cover = cover[..., None]
    return below + (above - below) * cover


def rgb(colour: tuple[int, int, int]) -> Plane:
    """A colour of 0..255 as three float32 of 0..1."""
    return np.asarray(colour, np.float32) / 255


def plain(colour: Plane, size: int) -> Plane:
    """A square of one colour, (size, size, 3) float32."""
    return cv2.merge([np.full((size, size), c, np.float32) for c in colour])


def dimmed(picture: Plane, factor: Plane) -> Plane:
    """(S, S, 3) times a plane (S, S)."""
    spread = cv2.merge([factor] * 3)
    return cv2.multiply(picture, spread, dst=spread)


def painted(below: Picture, above: Picture | tuple[int, int, int], cover: Plane) -> Picture:
    """Paint `above`, a picture or one colour, over `below` with the cover 0..1.

    A shape is copied, and only its edge is blended.
    """
    if isinstance(above, tuple):
        above = cv2.merge([np.full(cover.shape, channel, np.uint8) for channel in above])
    edge = np.flatnonzero((cover > 0) & (cover < 1))
    if len(edge) > MOSTLY_EDGE * cover.size:
        return cv2.blendLinear(below, above, 1 - cover, cover)
    page = cv2.copyTo(above, cv2.compare(cover, 0.5, cv2.CMP_GT), below.copy())
    there, over = (x.reshape(-1, 3)[edge].astype(np.float32) for x in (below, above))
    there += (over - there) * cover.ravel()[edge, None]
    page.reshape(-1, 3)[edge] = np.rint(there, out=there)
    return page


def uphill(height: Plane, across: float, down: float) -> Plane:
    """The slope of a relief in a direction, by Sobel's operator (8 for a slope of 1)."""
    x = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    return cv2.filter2D(height, cv2.CV_32F, across * x + down * x.T)


def to_picture(rgb: Plane) -> Picture:
    """RGB of 0..1 as uint8, rounded."""
    return cv2.convertScaleAbs(np.clip(rgb, 0.0, 1.0), alpha=255.0)


def to_planes(picture: Picture) -> Plane:
    """uint8 RGB as float32 of 0..1."""
    return picture.astype(np.float32) * (1 / 255)


def luma(picture: Picture) -> Plane:
    """Rec. 601 luma of 0..1."""
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.float32) * (1 / 255)


def lightness(picture: Picture) -> Plane:
    """CIE L*/100: perceived lightness."""
    light = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB)[..., 0]
    return np.asarray(light, np.float32) * (1 / 255)


def grid(size: int) -> tuple[Plane, Plane]:
    """Pixel centres as x and y of 0..1, broadcastable: shapes (1, size) and (size, 1)."""
    centre = (np.arange(size, dtype=np.float32) + 0.5) / size
    return centre[None, :], centre[:, None]
