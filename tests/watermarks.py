"""Reads a picture as the verification service does, with the decoder of its layer."""

import sys
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from likeness.adapters.provenance import watermark_reader
from likeness.domain.provenance.watermark import read_watermarks

# The service finds the decoder in the package `rivagan`, which its layer contains.
sys.path.append(str(Path(__file__).parents[1] / "layers"))


def scores_of(picture, *, mirrored=False):
    return _scores(picture.tobytes(), picture.shape, mirrored)


@lru_cache(40)
def _scores(content, shape, mirrored):
    """Once for each picture: the decoder takes a fifth of a second."""
    picture = Image.fromarray(np.frombuffer(content, np.uint8).reshape(shape))
    return watermark_reader.read_scores(picture, mirrored=mirrored)


def watermarks_in(picture):
    """Read as it is and then mirrored, as the service does."""
    for mirrored in (False, True):
        yield from read_watermarks(scores_of(picture, mirrored=mirrored))
