"""The invisible watermark: one RivaGAN residual for each quarter of the picture.

The residual is computed at 256 px and enlarged: a sixteenth of the work, and only coarse structure
survives halving anyway. Vivid pictures, and black on white, disturb the reader, so the watermark is
stronger there. In grey pictures it is visible first, as a tint, and read best, so it is weaker. At
the model's own strength, 1.0, the PSNR to the original is 42.5 dB; at 1.5, 38.9 dB.
docs/decisions/035 lists what the watermark survives.
"""

import cv2
import numpy as np

from likeness.domain.provenance.watermark import (
    MAX_WRONG,
    WatermarkId,
    Watermarking,
    bits_of,
    read_watermarks,
    wrong_bits,
)
from likeness_model.vision.records import Floats, Image
from likeness_model.vision.sessions import run

SIDE = 256  # px: side of the whole picture when written or read
LEVELS = 127.5  # 8-bit levels per unit of the model
GREY, PLAIN, STARK, VIVID = 0.7, 1.0, 1.2, 1.5  # strengths
GREY_BELOW, VIVID_ABOVE = 42, 55  # mean of max - min over the channels, levels
STARK_ABOVE = 76  # deviation of all values, levels
# Wrong bits reserved: 8 for recompression and cropping, as measured (docs/decisions/035), and 2 for
# the error of the estimate.
SPARE = 10


def write_watermark(picture: Image, watermark: WatermarkId) -> tuple[Image, Watermarking]:
    """The watermarked picture, or the unchanged one if the watermark could not be read from it."""
    small = _small(picture)
    bits = np.array(bits_of(watermark), np.float32)
    # One by one: a batch of four needs more memory than the allocator retains, and more time.
    quarters = [
        run("rivagan_encoder", quarter[None], data=data[None])[0]
        for quarter, data in zip(_quarters(small), bits, strict=True)
    ]
    residual = _whole(np.concatenate(quarters)) * LEVELS * _strength(small)
    height, width = picture.shape[:2]
    enlarged = cv2.resize(residual, (width, height), interpolation=cv2.INTER_CUBIC)
    watermarked = cv2.add(picture, enlarged, dtype=cv2.CV_8U)  # rounds and saturates
    if not _is_readable(watermarked, watermark):
        return picture, Watermarking.TOO_FLAT
    return watermarked, Watermarking.WRITTEN


def estimate_scores(picture: Image) -> Floats:
    """(4, 32): positive for a one; the absolute value is the confidence.

    Nearly the scores of RivaGAN's decoder, with which the verification service reads.
    """
    quarters = _quarters(_small(picture))
    return np.concatenate([run("rivagan_check", quarter[None])[0] for quarter in quarters])


def _is_readable(picture: Image, watermark: WatermarkId) -> bool:
    scores = estimate_scores(picture).tolist()
    found = read_watermarks(scores)[:1]
    return watermark in found and wrong_bits(watermark, scores) <= MAX_WRONG - SPARE


def _strength(small: Image) -> float:
    colour = np.ptp(small, axis=2).mean()
    if colour > VIVID_ABOVE:
        return VIVID
    if small.std() > STARK_ABOVE:
        return STARK
    return GREY if colour < GREY_BELOW else PLAIN


def _small(picture: Image) -> Image:
    return cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA)


def _quarters(small: Image) -> Floats:
    """(4, 3, 128, 128), -1..1."""
    half = SIDE // 2
    planes = small.reshape(2, half, 2, half, 3).transpose(0, 2, 4, 1, 3)
    return planes.reshape(4, 3, half, half).astype(np.float32) / LEVELS - 1


def _whole(quarters: Floats) -> Floats:
    half = SIDE // 2
    return quarters.reshape(2, 2, 3, half, half).transpose(0, 3, 1, 4, 2).reshape(SIDE, SIDE, 3)
