"""Contour lines: outlines of forms without filled shadows."""

import cv2

from likeness_model.painter.technique.flow import Orientation, smear
from likeness_model.painter.technique.planes import Plane, blur, smoothstep


def line_response(tone: Plane, field: Orientation, *, width: float, reach: float) -> Plane:
    """How much darker `tone` (0..1) is than its surroundings, along the field; 0 is no line.

    The difference of Gaussians of Marr & Hildreth 1980 (1 to 1.6), smoothed along the flow as in
    Kang et al. 2007, here divided by the local light, so that shadows and lights both get
    lines. `width` is the narrow Gaussian in pixels, `reach` the smoothing along the line.
    """
    narrow = cv2.GaussianBlur(tone, (0, 0), width)
    wide = cv2.GaussianBlur(tone, (0, 0), 1.6 * width)
    response = (wide - narrow) / (0.25 + 0.75 * blur(tone, 8 * width))
    return smear(response, field, reach)


def contour_lines(
    tone: Plane, field: Orientation, *, width: float, reach: float, faint: float, firm: float
) -> Plane:
    """Lines 0..1: responses from `faint` to `firm` fade in, like growing pressure."""
    return smoothstep(faint, firm, line_response(tone, field, width=width, reach=reach))
