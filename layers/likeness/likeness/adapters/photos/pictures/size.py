"""The limits of a picture's size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.domain.reasons import Reason, Refused

if TYPE_CHECKING:
    from likeness.domain.photos.picture import Limits


def check_size(width: int, height: int, limits: Limits) -> None:
    """Raise Refused if a picture has too many pixels, or too few once it is scaled."""
    longer, shorter = max(width, height), min(width, height)
    if width * height > limits.max_pixels:
        raise Refused(Reason.FILE_TOO_MANY_PIXELS)
    if shorter < limits.short_side:
        raise Refused(Reason.QUALITY_TOO_SMALL)
    if longer > limits.max_side or shorter * limits.long_side < limits.short_side * longer:
        raise Refused(Reason.QUALITY_PANORAMA)
