"""The models of likeness_model.vision for Rekognition on the laptop cloud.

See `laptop_cloud.rekognition.vision`. The figures are of eight views of one photograph
(demo/photos) and five portraits of two other people, which the repository does not carry; measure
them again with `python -m tests.bench.rekognition_measures`.
"""

from collections.abc import Collection

import numpy as np

from likeness_model.vision.age import estimate_age
from likeness_model.vision.detect import find_faces
from likeness_model.vision.embed import embed_face, face_distance
from likeness_model.vision.mesh import lay_mesh
from likeness_model.vision.nsfw import nsfw_score
from likeness_model.vision.pose import head_pose
from likeness_model.vision.records import Floats, Image, Mesh
from likeness_model.vision.visible import covered_parts

__all__ = [
    "MODERATION_MODEL",
    "age_range",
    "covered",
    "embed_face",
    "explicit_confidence",
    "find_faces",
    "head_pose",
    "lay_mesh",
    "similarity",
]

MODERATION_MODEL = "likeness-local-open-nsfw-1.0"

AGE_LOW, AGE_HIGH = 0.10, 0.90
AGE_MARGIN = 4

# The L2 distance of two embeddings. On photos, pairs of one person lie at 0.33 to 0.45 and pairs of
# two people at 0.815 in the median; 0.60 is the threshold of the model's authors.
_DISTANCES = (0.0, 0.50, 0.60, 0.80, 1.20)
_PERCENTS = (100.0, 90.0, 80.0, 20.0, 0.0)

# open_nsfw's authors: safe below 0.2, unsafe above 0.8. On Rekognition's scale, a label is reported
# by default from 50, and the policy refuses from 80.
_SCORES = (0.0, 0.2, 0.8, 1.0)
_CONFIDENCES = (0.0, 50.0, 80.0, 100.0)


def age_range(image: Image, mesh: Mesh) -> tuple[int, int]:
    """The years that hold the middle eight tenths of the model's distribution, and a margin.

    The margin is for what the distribution does not show: of eight views of one face, half have an
    expected age 4 years or more from their mean. The lower end is below 18 as soon as a tenth of
    the distribution is below 22: in doubt a moderator looks. Lower ends of 13 portraits of three
    adults: 21 to 65. Teenagers are untested.
    """
    shares = np.cumsum(estimate_age(image, mesh).distribution)
    low, high = np.searchsorted(shares, [AGE_LOW, AGE_HIGH])
    return max(0, int(low) - AGE_MARGIN), min(len(shares) - 1, int(high) + AGE_MARGIN)


def covered(image: Image, mesh: Mesh) -> Collection[bool | None]:
    return covered_parts(image, mesh).values()


def similarity(one: Floats, other: Floats) -> float:
    """Percent, for two embeddings: see `percent`."""
    return percent(face_distance(one, other))


def percent(distance: float) -> float:
    """Piecewise linear: 90 at 0.50, where a face is accepted; 80 at 0.60, where doubt ends."""
    return float(np.interp(distance, _DISTANCES, _PERCENTS))


def explicit_confidence(image: Image) -> float:
    """Percent, for how pornographic a picture is: see `confidence`."""
    return confidence(nsfw_score(image))


def confidence(score: float) -> float:
    """Percent for a score of 0 to 1, piecewise linear. At most 9 on 13 clean portraits."""
    return float(np.interp(score, _SCORES, _CONFIDENCES))
