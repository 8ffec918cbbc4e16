"""Is the person of an avatar as old and as light-skinned as on the photos? Both engines ask.

model/README.md lists the limits and the values measured on real photos.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from likeness.domain.ids import StyleId

Deviation = Literal["age", "skin_tone"]

# Styles with the colours of life. In the others some or all palettes replace the skin's colour.
NATURAL = frozenset(
    {
        *("glamour", "comic", "watercolour", "oil", "cartoon"),
        *("low-poly", "mosaic", "stained-glass", "woodblock"),
    }
)

# Below the youngest estimate of any photo. Estimates for eight views of one photo span 17 years.
MAX_YEARS_YOUNGER = 10.0
MAX_YEARS_OLDER = 25.0  # above the oldest, in natural styles
MAX_UNDER_18 = 0.5  # adults' photos measured at most 0.23
# Degrees beyond the tones of the photos. A class of Chardon's scale (1991) spans 13 to 18, and
# light alone moved one person by 35 between photos.
MAX_SKIN_SHIFT = 15.0


@dataclass(frozen=True)
class Traits:
    """Estimates on one face: age in years, probability of less than 18, ITA in degrees."""

    years: float
    under_18: float
    tone: float


def deviation(
    face: Traits, photos: Sequence[Traits], style: StyleId, *, tones: Sequence[float]
) -> Deviation | None:
    """The most severe difference between a drawn face and the user's photos, None if it passes.
    `tones` are those of the photos that the picture was drawn from."""
    years = [photo.years for photo in photos]
    if face.under_18 >= MAX_UNDER_18 or face.years < min(years) - MAX_YEARS_YOUNGER:
        return "age"
    if style not in NATURAL:
        return None
    if face.years > max(years) + MAX_YEARS_OLDER:
        return "age"
    if not min(tones) - MAX_SKIN_SHIFT <= face.tone <= max(tones) + MAX_SKIN_SHIFT:
        return "skin_tone"
    return None
