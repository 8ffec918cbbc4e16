"""Light added to a picture: screens, bloom, scan lines, chromatic aberration."""

import cv2
import numpy as np

from likeness_model.painter.technique.planes import Picture, Plane, blur, resized

BLOOM = 256  # side of the grid on which glow spreads


def lit(picture: Picture, light: Picture) -> Picture:
    """Two lights on one film: 1 - (1 - a)(1 - b), which never exceeds white."""
    dark = cv2.multiply(cv2.bitwise_not(picture), cv2.bitwise_not(light), scale=1 / 255)
    return cv2.bitwise_not(dark)


def screened(one: Plane, other: Plane) -> Plane:
    """The same on float planes. It overwrites both arguments: at 1024 px a copy takes 12 MB."""
    np.subtract(1, one, out=one)
    np.subtract(1, other, out=other)
    np.multiply(one, other, out=one)
    return np.subtract(1, one, out=one)


def coloured(cover: Plane, colour: tuple[int, int, int], strength: float = 1.0) -> Picture:
    """A light of one colour with brightness `cover` (0..1)."""
    planes = [cv2.convertScaleAbs(cover, alpha=channel * strength) for channel in colour]
    return cv2.merge(planes)


def bloom(light: Picture, *, reach: float, strength: float) -> Picture:
    """The glow around a light, `reach` of the side wide: a narrow, a middle and a wide Gaussian."""
    small = resized(light, BLOOM).astype(np.float32)
    side = small.shape[0]
    glow = sum(
        (
            blur(small, reach * side * share) * (strength * weight)
            for share, weight in ((0.18, 0.45), (0.5, 0.6), (1.4, 0.5))
        ),
        start=np.zeros_like(small),
    )
    return resized(np.clip(glow, 0, 255).astype(np.uint8), light.shape[0])


def scan_lines(picture: Picture, *, lines: int, depth: float) -> Picture:
    """Darken every other of `lines` lines by up to `depth`, with a sine's soft edge."""
    size = picture.shape[0]
    row = (np.arange(size) + 0.5) / size * lines
    dark = 1 - depth * (0.5 - 0.5 * np.cos(2 * np.pi * row))
    if size < 2 * lines:  # finer than the pixels: use their average
        dark = np.full(size, 1 - depth / 2)
    table = np.repeat(dark.astype(np.float32)[:, None], size, 1)
    return cv2.multiply(picture, cv2.merge([table] * 3), dtype=cv2.CV_8U)


def parted(picture: Picture, offset: float) -> Picture:
    """Shift red to the left and blue to the right by `offset` of the side, like a bad lens."""
    size = picture.shape[0]
    red, green, blue = cv2.split(picture)
    shift = np.float32(offset * size)
    moved = [
        cv2.warpAffine(
            channel,
            np.array([[1, 0, dx], [0, 1, 0]], np.float32),
            (size, size),
            borderMode=cv2.BORDER_REPLICATE,
        )
        for channel, dx in ((red, -shift), (blue, shift))
    ]
    return cv2.merge([moved[0], green, moved[1]])
