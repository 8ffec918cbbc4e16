"""Paper and canvas as relief: planes of height around 0 that catch pigment and light."""

import cv2
import numpy as np

from likeness_model.painter.technique.noise import speckle, value_noise, warp
from likeness_model.painter.technique.planes import Plane, blur, uphill


def normalised(x: Plane) -> Plane:
    """`x` with mean 0 and deviation 1."""
    mean, deviation = cv2.meanStdDev(x)
    plane = x - np.float32(mean[0, 0])
    plane *= np.float32(1 / (deviation[0, 0] + 1e-6))
    return plane


def cold_press(rng: np.random.Generator, size: int) -> Plane:
    """Watercolour paper: pillowy bumps of about 1/170 of the side, with finer tooth on them."""
    bumps = value_noise(rng, size, 170, octaves=2)
    tooth = speckle(rng, size, 1.6)
    return normalised(bumps - np.abs(bumps) * 0.4 + 0.35 * tooth)


def tooth(rng: np.random.Generator, size: int, grain: float = 2.4) -> Plane:
    """Drawing paper: an even tooth of specks `grain`/1024 of the side wide."""
    fine = speckle(rng, size, grain)
    coarse = speckle(rng, size, grain * 2.3)
    return normalised(fine + 0.7 * coarse)


def laid(rng: np.random.Generator, size: int) -> Plane:
    """Ingres paper: the close wires of the mould, uneven, over a soft tooth."""
    lines = 1024 / 6.4
    rows = np.arange(size, dtype=np.float32)[:, None] * (lines * 2 * np.pi / size)
    bend = value_noise(rng, size, 7) * 1.6
    wires = np.sin(rows + bend) * (0.8 + 0.4 * value_noise(rng, size, 9))
    return normalised(0.8 * wires + tooth(rng, size, 2.8))


def weave(rng: np.random.Generator, size: int, threads: float = 150) -> Plane:
    """Canvas: warp over weft in plain weave, with slightly irregular threads."""
    steps = np.arange(size, dtype=np.float32) * (threads * np.pi / size)
    off = value_noise(rng, size, 12, octaves=2)
    off *= 0.5
    warp, weft = np.sin(steps[None, :] + off), np.sin(steps[:, None] - off)
    over = cv2.compare(cv2.multiply(warp, weft), 0, cv2.CMP_GT)
    thread = cv2.copyTo(cv2.absdiff(warp, 0), over, cv2.absdiff(weft, 0))
    return normalised(cv2.scaleAdd(speckle(rng, size, 2.0), 0.25, thread))


def fibres(rng: np.random.Generator, size: int, count: int = 420) -> Plane:
    """Washi: long kozo fibres strewn over the sheet, 0..1, most of it 0."""
    start = rng.random((count, 1, 2)) * 1.1 - 0.05
    angle = rng.random((count, 1)) * 2 * np.pi
    bend = np.cumsum(rng.normal(0, 0.22, (count, 12)), axis=1)
    step = rng.gamma(2.0, 0.0028, (count, 1))
    heading = np.stack([np.cos(angle + bend), np.sin(angle + bend)], -1) * step[..., None]
    paths = (start + np.cumsum(heading, axis=1)) * size
    cover = np.zeros((size, size), np.uint8)
    points = np.asarray(np.round(paths * 16), np.int32)
    for part, value in enumerate((110, 180, 255)):
        cv2.polylines(
            cover, list(points[part::3]), False, value, max(1, size // 900), cv2.LINE_AA, 4
        )
    return blur(cover, size / 1600).astype(np.float32) * (1 / 255)


def wood(rng: np.random.Generator, size: int) -> Plane:
    """Plank of cherry, sawn along the trunk: growth rings drawn out, with pores; deviation 1."""
    drift = value_noise(rng, size, 2.0, stretch=0.25)
    x = np.arange(size, dtype=np.float32)[None, :] * (1 / size)
    rings = np.sin((x * 34 + drift * 2.2) * (2 * np.pi) * 0.55)
    rings += 0.5 * np.sin((x * 90 + drift * 3.0) * 3.1)
    drawn = rng.random((40, 700), np.float32)
    pores = cv2.resize(drawn, (size, size))
    pores = warp(pores, drift * (size / 60), np.zeros_like(drift))
    return normalised(rings + 2.4 * pores)


def shaded(height: Plane, strength: float) -> Plane:
    """Factor around 1 for light that falls on a relief from the upper left."""
    side = height.shape[0]
    light = uphill(height, side / 8192, side / 8192)
    np.tanh(light, out=light)
    light *= strength
    light += 1
    return light
