"""Flat tones and colours: edge-preserving smoothing, soft steps, gradient maps."""

from collections.abc import Sequence

import cv2
import numpy as np

from likeness_model.painter.technique.planes import Picture, Plane, painted, shrunk

Colour = tuple[int, int, int]


def colours(codes: str) -> tuple[Colour, ...]:
    """RGB colours from hex codes, separated by spaces."""
    return tuple(tuple(bytes.fromhex(code)) for code in codes.split())


def flattened(picture: Picture, *, side: int, passes: int, range_sigma: float) -> Picture:
    """Bilateral passes (Tomasi & Manduchi 1998) on a `side` px grid: they remove texture only.

    The result is `side` pixels wide; repeated passes approach flat patches (Winnemoeller et al.
    2006, "Real-Time Video Abstraction").
    """
    small = shrunk(picture, side)
    for _ in range(passes):
        small = cv2.bilateralFilter(small, 7, range_sigma, 3.0)
    return small


def stepped(x: Plane, edges: Sequence[float], values: Sequence[float], soft: float) -> Plane:
    """`x` in flat steps: `values[0]` below `edges[0]`, ... ; each step is `soft` wide in `x`."""
    total = np.full_like(x, values[0])
    for edge, low, high in zip(edges, values[:-1], values[1:], strict=True):
        total += np.clip((x - edge) * (1 / soft) + 0.5, 0, 1) * (high - low)
    return total


def gradient_map(tone: Plane, stops: Sequence[tuple[float, Colour]]) -> Picture:
    """Colour each tone of 0..1 from `stops` (position, colour), linear between."""
    index = np.clip(tone * 255 + 0.5, 0, 255).astype(np.uint8)
    return cv2.LUT(cv2.merge([index] * 3), gradient_table(stops))


def gradient_table(stops: Sequence[tuple[float, Colour]]) -> Picture:
    """256 colours as (1, 256, 3), for cv2.LUT."""
    at = [position * 255 for position, _ in stops]
    channels = [np.interp(np.arange(256), at, [colour[i] for _, colour in stops]) for i in range(3)]
    return np.rint(np.stack(channels, 1)).astype(np.uint8)[None]


def saturated(picture: Picture, amount: float, bare: Plane) -> Picture:
    """Chroma times `amount` about Lab's grey axis, hue kept; `bare` skin (0..1) keeps its tone,
    because ITA falls towards 0 when chroma grows: light skin darkens and dark skin lightens."""
    lab = cv2.cvtColor(picture, cv2.COLOR_RGB2Lab)
    steps = np.arange(256, dtype=np.float32)
    chroma = np.clip((steps - 128) * amount + 128, 0, 255)
    table = np.stack([steps, chroma, chroma], 1)
    lab = cv2.LUT(lab, np.rint(table).astype(np.uint8)[None])
    return painted(cv2.cvtColor(lab, cv2.COLOR_Lab2RGB), picture, bare)


def blend(a: Sequence[int], b: Sequence[int], share: float) -> Colour:
    red, green, blue = (round(p + (q - p) * share) for p, q in zip(a, b, strict=True))
    return red, green, blue
