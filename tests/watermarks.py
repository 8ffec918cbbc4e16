"""Reads a picture as the verification service does, with the decoder of its layer."""

import sys
from pathlib import Path

from PIL import Image

from likeness.adapters.provenance import watermark_reader
from likeness.domain.provenance.watermark import read_watermarks

# The service finds the decoder in the package `rivagan`, which its layer contains.
sys.path.append(str(Path(__file__).parents[1] / "layers"))


def scores_of(picture, *, mirrored=False):
    return watermark_reader.read_scores(Image.fromarray(picture), mirrored=mirrored)


def watermarks_in(picture):
    """Read as it is and mirrored, as the service does."""
    return [
        watermark
        for mirrored in (False, True)
        for watermark in read_watermarks(scores_of(picture, mirrored=mirrored))
    ]
