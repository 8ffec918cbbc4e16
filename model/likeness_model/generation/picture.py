"""One drawn picture of an avatar, as an engine hands it to the checkpoints."""

from dataclasses import dataclass

from likeness.contracts.container import AvatarOrder, Measures
from likeness.domain.ids import PhotoId
from likeness.domain.provenance.watermark import Watermarking
from likeness_model.generation.traits import Deviation
from likeness_model.generation.variation import Variation
from likeness_model.vision.records import Floats


@dataclass(frozen=True)
class Draft:
    """One draw of one avatar; `draw` counts from 1."""

    avatar: AvatarOrder
    photo_id: PhotoId
    variation: Variation
    draw: int


@dataclass(frozen=True)
class Picture:
    """A drawn draft. `distance` is None where no face can be measured. `deviation` is how the
    person differs from the photos, None if age and skin tone are theirs.

    Distance and fingerprint are those of the picture without its watermark.
    """

    draft: Draft
    png: bytes
    distance: float | None
    fingerprint: Floats
    watermarking: Watermarking
    measures: Measures | None = None
    deviation: Deviation | None = None
