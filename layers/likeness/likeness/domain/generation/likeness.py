"""Likeness score of an avatar, 0 to 100, from the distance of face embeddings.

A logistic curve. It is 50 at a distance of 0.60: below it, dlib's documentation calls two faces the
same person. The scale makes the median pair of photos of one person (0.38) score 94 and the median
pair of two people (0.83) score 5. docs/decisions/050 has the measurement.
"""

import math

SAME_PERSON_DISTANCE = 0.60  # dlib's face_recognition_resnet_model_v1
SCALE = 0.08  # L2


def likeness_score(distance: float | None) -> int | None:
    """Returns 0 to 100, higher is more alike; None if no distance was measured."""
    if distance is None:
        return None
    return round(100 / (1 + math.exp((distance - SAME_PERSON_DISTANCE) / SCALE)))
