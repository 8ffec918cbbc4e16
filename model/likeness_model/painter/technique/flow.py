"""The direction of strokes: orientation fields along edges and around forms, and smears along them.

An orientation has no sign (a stroke to the left is a stroke to the right), so fields store
double angles, (cos 2a, sin 2a), which can be blended and blurred; their length is the certainty.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from likeness_model.painter.technique.planes import AnyPlane, Picture, Plane, bands, blur

Orientation = NDArray[np.float32]  # (S, S, 2)


def along_edges(picture: Picture, sigma: float) -> Orientation:
    """Direction of least change, from the structure tensor smoothed by `sigma` pixels.

    Its eigenvectors need no solver here: the double angle of the gradient is (E - G, 2F), that of
    the tangent its opposite (Kass & Witkin 1987; Kyprianidis & Doellner 2008 for the smoothing).
    """
    grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.float32)
    tone = cv2.GaussianBlur(grey, (0, 0), max(0.6, sigma / 4))
    gx, gy = cv2.Scharr(tone, cv2.CV_32F, 1, 0), cv2.Scharr(tone, cv2.CV_32F, 0, 1)
    xx, yy = gx * gx, gy * gy
    difference, both, energy = (blur(x, sigma) for x in (xx - yy, gx * gy * np.float32(2), xx + yy))
    floor = np.float32(1e4)  # a gradient of a sixth of a grey level, under Scharr's gain of 16
    scale = -1 / (energy + floor)
    return cv2.merge([difference * scale, both * scale])


def at_angle(angle: Plane | float, size: int) -> Orientation:
    """The same direction everywhere, or a plane of them, in radians from the x axis."""
    field = np.empty((size, size, 2), np.float32)
    field[..., 0], field[..., 1] = np.cos(2 * angle), np.sin(2 * angle)
    return field


def around_form(depth: Plane, angle: float, wrap: float) -> Orientation:
    """Cross-contours: lines in which parallel planes cut a relief, as engravers shade a form.

    The planes' traces run at `angle` where the relief is flat; `wrap` is how far they bend over it.
    Level sets of n.(x, y) + wrap * depth: the field has no singular points while wrap * slope is
    below 1. `depth` is in pixels.
    """
    gx = cv2.Sobel(depth, cv2.CV_32F, 1, 0, scale=1 / 8)
    gy = cv2.Sobel(depth, cv2.CV_32F, 0, 1, scale=1 / 8)
    nx = np.float32(-np.sin(angle)) + wrap * gx
    ny = np.float32(np.cos(angle)) + wrap * gy
    norm = nx * nx + ny * ny + 1e-6
    return np.dstack([(ny * ny - nx * nx) / norm, -2 * nx * ny / norm])


def settled(field: Orientation, sigma: float) -> Orientation:
    """Fill uncertain places from their certain neighbours; the result has length 1."""
    return _unit(blur(field, sigma) + 0.05 * blur(field, 4 * sigma))


def _unit(field: Orientation) -> Orientation:
    cosine, sine = cv2.split(field)
    scale = 1 / (cv2.magnitude(cosine, sine) + np.float32(1e-6))
    return cv2.merge([cosine * scale, sine * scale])


def tangents(field: Orientation) -> Plane:
    """Unit vectors (S, S, 2) along the field, of either sign."""
    cosine, sine = cv2.split(_unit(field))
    x = np.sqrt(np.maximum(0.5 + 0.5 * cosine, 0))
    y = np.copysign(np.sqrt(np.maximum(0.5 - 0.5 * cosine, 0)), sine)
    return cv2.merge([x, y])


def smear(x: AnyPlane, field: Orientation, reach: float) -> AnyPlane:
    """Average of `x` along the field, about `reach` pixels to both sides.

    Line integral convolution (Cabral & Leedom 1993) by doubling: each pass takes the mean of the
    two ends of a step twice as long, so the cost grows with the logarithm of the reach. Reading
    both ends makes the sign of the tangent irrelevant.
    """
    return smear_along(x, tangents(field), reach)


def smear_along(x: AnyPlane, tangent: Plane, reach: float) -> AnyPlane:
    """The same along unit vectors."""
    dx, dy = cv2.split(tangent)
    down, across = (np.arange(side, dtype=np.float32) for side in x.shape[:2])
    step = np.float32(0.5)
    while step < reach:
        mean = np.empty_like(x)
        for rows in bands(x.shape[0]):
            x_step, y_step, y = dx[rows] * step, dy[rows] * step, down[rows, None]
            ends = [
                cv2.remap(x, *there, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
                for there in ((across + x_step, y + y_step), (across - x_step, y - y_step))
            ]
            cv2.addWeighted(ends[0], 0.5, ends[1], 0.5, 0, dst=mean[rows])
        x = mean
        step *= 2
    return x
