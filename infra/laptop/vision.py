"""The models of likeness_model.vision for Rekognition on the laptop cloud.

See `laptop_cloud.rekognition.vision`. The figures are of eight views of one photograph
(demo/photos) and five portraits of two other people, which the repository does not carry; measure
them again with `python -m tests.bench.rekognition_measures`.
"""

from collections.abc import Collection

import cv2
import numpy as np

from likeness_model.vision.age import YEARS, estimate_age, second_estimate
from likeness_model.vision.detect import find_faces
from likeness_model.vision.embed import embed_face, face_distance
from likeness_model.vision.mesh import lay_mesh
from likeness_model.vision.nsfw import EXPLICIT_FROM, SEXY_FROM, score_nudity
from likeness_model.vision.pose import head_pose
from likeness_model.vision.records import Floats, Image, Mesh
from likeness_model.vision.sessions import use_threads
from likeness_model.vision.smile import smile
from likeness_model.vision.visible import covered_parts

__all__ = [
    "MODERATION_MODEL",
    "age_range",
    "covered",
    "embed_face",
    "find_faces",
    "head_pose",
    "lay_mesh",
    "moderation_labels",
    "similarity",
    "smile_confidence",
]

# A request has a thread, and there are as many at a time as cores: two threads for one request take
# more processor time together than one, and only one request gains from it.
cv2.setNumThreads(1)
use_threads(1)

MODERATION_MODEL = "likeness-local-2.0"  # open_nsfw 1.0.0 and nsfwjs 4.4.0

AGE_MARGIN = 2

# The L2 distance of two embeddings. On photos, pairs of one person lie at 0.33 to 0.45 and pairs of
# two people at 0.815 in the median; 0.60 is the threshold of the model's authors.
_DISTANCES = (0.0, 0.50, 0.60, 0.80, 1.20)
_PERCENTS = (100.0, 90.0, 80.0, 20.0, 0.0)

# Percents on Rekognition's scale for scores of 0, of doubt (`EXPLICIT_FROM`, `SEXY_FROM`), of
# certainty, and 1. Rekognition reports a label by default from 50. The policy asks a moderator from
# 50 for Explicit and refuses from 80; for the other two it asks a moderator from 80.
DOUBT = 50.0
_EXPLICIT = (0.0, EXPLICIT_FROM, 0.9, 1.0), (0.0, DOUBT, 80.0, 100.0)
_NUDITY = (0.0, 0.5, EXPLICIT_FROM, 1.0), (0.0, 50.0, 80.0, 100.0)
_SWIMWEAR = (0.0, 0.5, SEXY_FROM, 1.0), (0.0, 50.0, 80.0, 100.0)


def age_range(image: Image, mesh: Mesh) -> tuple[int, int]:
    """One standard deviation around the mean of two models, and a margin, in years.

    The deviation is that of the first model's distribution and the second's estimate together, so
    it includes how far they are apart. On 24 photos of four adults the ranges are 6 to 26 years
    wide, in the median 16, none begins below 18, and the estimates for one person span at most 12
    years; of the first model alone 8 to 48, 24, three and 18. Teenagers are untested, but for two
    photos of a singer of about 17: 16 to 23 and 16 to 22.
    """
    age, second = estimate_age(image, mesh), second_estimate(image, mesh)
    middle = (age.expected + second) / 2
    variance = float(age.distribution @ (YEARS - age.expected) ** 2)
    reach = AGE_MARGIN + (variance / 2 + ((age.expected - second) / 2) ** 2) ** 0.5
    return max(0, round(middle - reach)), round(middle + reach)


def smile_confidence(image: Image, mesh: Mesh) -> float:
    """Percent."""
    return 100 * smile(image, mesh)


def covered(image: Image, mesh: Mesh) -> Collection[bool | None]:
    return covered_parts(image, mesh).values()


def similarity(one: Floats, other: Floats) -> float:
    """Percent, for two embeddings: see `percent`."""
    return percent(face_distance(one, other))


def percent(distance: float) -> float:
    """Piecewise linear: 90 at 0.50, where a face is accepted; 80 at 0.60, where doubt ends."""
    return float(np.interp(distance, _DISTANCES, _PERCENTS))


def moderation_labels(image: Image) -> dict[str, float]:
    """Percent for each label that the two models of nudity can tell.

    They cannot tell whose skin it is, so no label of the third level is among them. What one model
    alone calls explicit has no finer label: the policy may leave such a photo out.
    """
    nudity = score_nudity(image)
    return {
        "Explicit": DOUBT if nudity.is_explicit_to_one else 0.0,
        "Explicit Nudity": _percent(nudity.explicit, _EXPLICIT),
        "Non-Explicit Nudity": _percent(nudity.explicit, _NUDITY),
        "Swimwear or Underwear": _percent(nudity.sexy, _SWIMWEAR),
    }


def _percent(score: float, scale: tuple[tuple[float, ...], tuple[float, ...]]) -> float:
    return float(np.interp(score, *scale))
