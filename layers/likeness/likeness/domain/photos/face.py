"""A face, as a detector reports it. Without the picture."""

from likeness.domain.photos.photo import Box
from likeness.domain.record import Record


class DetectedFace(Record):
    """A face, as Rekognition reports it; None: not reported."""

    box: Box
    confidence: float
    yaw: float | None = None
    pitch: float | None = None
    roll: float | None = None
    brightness: float | None = None
    sharpness: float | None = None
    age_low: int | None = None
    age_high: int | None = None
    sunglasses: float | None = None  # confidence, percent
    occluded: float | None = None
