"""Contour lines alone: what a point would draw around forms, without filling their shadows."""

from __future__ import annotations

import cv2

from likeness_model.painter.technique.flow import Orientation, smear
from likeness_model.painter.technique.planes import Plane, blur, smoothstep


def contour_lines(
    tone: Plane, field: Orientation, *, width: float, reach: float, faint: float, firm: float
) -> Plane:
    """Lines 0..1 where `tone` (0..1) is darker than around it, drawn along the field.

    The difference of Gaussians of Marr & Hildreth 1980 (1 to 1.6), smoothed along the flow as in
    Kang et al. 2007, here divided by the light there is, so that shadows get lines as well as
    lights. `width` is the narrow Gaussian in pixels; responses from `faint` to `firm` fade in.
    """
    narrow = cv2.GaussianBlur(tone, (0, 0), width)
    wide = cv2.GaussianBlur(tone, (0, 0), 1.6 * width)
    response = (wide - narrow) / (0.25 + 0.75 * blur(tone, 8 * width))
    return smoothstep(faint, firm, smear(response, field, reach))
