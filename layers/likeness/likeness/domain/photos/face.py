"""A face in a photo, in the words of a detector. Never the picture itself."""

from likeness.domain.photos.photo import Box
from likeness.domain.record import Record


class DetectedFace(Record):
    """A face as Rekognition reports it; None where the detector does not tell."""

    box: Box
    confidence: float
    yaw: float | None = None
    pitch: float | None = None
    roll: float | None = None
    brightness: float | None = None
    sharpness: float | None = None
    age_low: int | None = None
    age_high: int | None = None
    sunglasses: float | None = None  # percent sure that there are some
    occluded: float | None = None
