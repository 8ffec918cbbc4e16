"""Moderation labels from a model that knows one thing: how pornographic a picture is."""

from typing import Any

import numpy as np

from likeness_model.vision.nsfw import nsfw_score
from likeness_model.vision.records import Image

MODEL_VERSION = "likeness-local-open-nsfw-1.0"
DEFAULT_MIN_CONFIDENCE = 50.0

# open_nsfw's authors: safe below 0.2, unsafe above 0.8. On Rekognition's scale these are where a
# label is reported by default (50) and where the policy refuses (80).
_SCORES = (0.0, 0.2, 0.8, 1.0)
_CONFIDENCES = (0.0, 50.0, 80.0, 100.0)


def confidence(score: float) -> float:
    """Percent for a score of 0 to 1, in straight lines. On 13 clean portraits: at most 9."""
    return float(np.interp(score, _SCORES, _CONFIDENCES))


def moderation_labels(image: Image, min_confidence: float) -> list[dict[str, Any]]:
    """`Explicit`, the top of Rekognition's taxonomy (version 7), or nothing.

    The model cannot tell nudity from a sexual act, and knows nothing of violence, drugs, gestures
    or hate: no other label is ever reported, and none of them is therefore ruled out.
    """
    sure = confidence(nsfw_score(image))
    if sure < min_confidence:
        return []
    return [{"Name": "Explicit", "ParentName": "", "TaxonomyLevel": 1, "Confidence": sure}]
