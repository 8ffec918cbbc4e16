"""The figure as a flat shape: its clean edge, and its colours extended beyond that edge."""

import cv2
import numpy as np

from likeness_model.painter.technique.planes import (
    Picture,
    Plane,
    blur,
    resized,
    smoothstep,
)

WORK = 384  # side of the grid on which shapes are smoothed; their edge is cut at full size


def cut_out(alpha: Plane, *, smooth: float = 0.003, soft: float = 1.2) -> Plane:
    """The mask with a crisp edge, without wisps shorter than `smooth` of the side.

    The edge is `soft` pixels wide.
    """
    return edge_at(signed_distance(alpha, smooth=smooth), 0.0, soft)


def signed_distance(alpha: Plane, *, smooth: float = 0.003) -> Plane:
    """Distance to the mask's edge in pixels, positive inside, the edge smoothed."""
    size = alpha.shape[0]
    small = blur(resized(alpha, WORK), max(0.6, smooth * WORK))
    inside = (small > 0.5).astype(np.uint8)
    far = cv2.distanceTransform(inside, cv2.DIST_L2, 5) - cv2.distanceTransform(
        1 - inside, cv2.DIST_L2, 5
    )
    near = (small - 0.5) / np.maximum(_slope(small), 0.02)
    fade = smoothstep(1.0, 2.5, np.abs(far))
    sub_pixel = np.clip(near, -2.5, 2.5) * (1 - fade) + (far - 0.5 * np.sign(far)) * fade
    return resized(blur(sub_pixel, 0.7), size) * (size / WORK)


def edge_at(distance: Plane, level: float, soft: float = 1.2) -> Plane:
    """1 where `distance` is above `level`, with an edge of `soft` pixels."""
    return np.clip((distance - level) * (1 / soft) + 0.5, 0, 1)


def _slope(x: Plane) -> Plane:
    gx = cv2.Sobel(x, cv2.CV_32F, 1, 0, scale=1 / 8)
    gy = cv2.Sobel(x, cv2.CV_32F, 0, 1, scale=1 / 8)
    return np.sqrt(gx * gx + gy * gy)


def spread_out(picture: Picture, alpha: Plane) -> Picture:
    """The figure's colours extended into its surroundings, so that filters see no mask edge.

    `pull_push` fills the pixels beyond the edge from increasingly wide surroundings.
    """
    size = picture.shape[0]
    known = cv2.compare(alpha, 0.9, cv2.CMP_GT)
    side = min(size, 256)
    inside = cv2.bitwise_and(picture, cv2.merge([known] * 3))
    colours, weight = resized(inside, side), resized(known, side)
    filled = pull_push(colours.astype(np.float32), weight.astype(np.float32) * (1 / 255))
    small = cv2.convertScaleAbs(np.maximum(filled, 0))
    around = cv2.resize(small, (size, size), interpolation=cv2.INTER_LINEAR)
    return cv2.copyTo(picture, known, around)


def pull_push(colours: Plane, weight: Plane) -> Plane:
    """Scattered values, multiplied by their weight, as a full field.

    Gortler et al. 1996, "The Lumigraph", section 3.4: each level of a pyramid averages the known
    values and takes unknown ones from the level below. The side is a power of two.
    """
    mean = colours / np.maximum(weight, 1e-4)[..., None]
    side = colours.shape[0]
    if side == 1:
        return mean
    half = (side // 2, side // 2)
    below = pull_push(_shrunk(colours, half), _shrunk(weight, half)[..., 0])
    below = cv2.resize(below, (side, side), interpolation=cv2.INTER_LINEAR)
    below = below.reshape(colours.shape)
    sure = np.clip(weight * 2, 0, 1)[..., None]
    return mean * sure + below * (1 - sure)


def _shrunk(x: Plane, side: tuple[int, int]) -> Plane:
    """Restore a last axis of one, which cv2 drops."""
    small = cv2.resize(x, side, interpolation=cv2.INTER_AREA)
    return small.reshape(*side, -1)
