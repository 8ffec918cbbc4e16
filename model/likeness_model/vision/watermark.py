"""The invisible mark: RivaGAN's residual, worked out small, one for each quarter of the picture.

Worked out at 256 px and enlarged: a sixteenth of the work, and what survives halving is coarse
anyway. Vivid pictures, and black on white, drown the mark, because the reader answers to them:
there it is written stronger. Grey ones show it first, as a tint, and carry it best: there it is
weaker. At the model's own strength, 1.0, the marked picture is 42.5 dB from the other; at 1.5,
38.9 dB. docs/decisions/035 says what survives.
"""

import cv2
import numpy as np

from likeness.domain.mark import MAX_WRONG, MarkId, Marking, bits_of, read_marks, wrong_bits
from likeness_model.vision.records import Floats, Image
from likeness_model.vision.sessions import run

SIDE = 256  # px, of the whole picture while it is marked or read
LEVELS = 127.5  # of 8 bits, in one unit of the model
GREY, PLAIN, STARK, VIVID = 0.7, 1.0, 1.2, 1.5  # strengths
GREY_BELOW, VIVID_ABOVE = 42, 55  # mean of max - min over the channels, levels
STARK_ABOVE = 76  # deviation of all values, levels
FLAT_ABOVE = 0.6  # share of pixels around which nothing changes
FLAT_BELOW, AROUND = 4, 5  # levels, px
SPARE = 8  # wrong bits that recompression and cropping may add: measured, see docs/decisions/035


def write_mark(picture: Image, mark: MarkId) -> tuple[Image, Marking]:
    """The marked picture; or the picture as it is, where the mark would not be read again.

    Only a bold or flat picture is read to find out: every other one carries it, and reading costs
    more than writing.
    """
    small = _small(picture)
    strength = _strength(small)
    bits = np.array(bits_of(mark), np.float32)
    # One by one: together they take more memory than the allocator keeps, and a sixth more time.
    quarters = [
        run("rivagan_encoder", quarter[None], data=data[None])[0]
        for quarter, data in zip(_quarters(small), bits, strict=True)
    ]
    residual = _whole(np.concatenate(quarters)) * LEVELS * strength
    height, width = picture.shape[:2]
    enlarged = cv2.resize(residual, (width, height), interpolation=cv2.INTER_CUBIC)
    marked = np.rint(picture + enlarged).clip(0, 255).astype(np.uint8)
    if (strength > PLAIN or _is_flat(small)) and not _is_read(marked, mark):
        return picture, Marking.TOO_FLAT
    return marked, Marking.WRITTEN


def read_scores(picture: Image) -> Floats:
    """(4, 32): above zero for a one, the further the surer."""
    quarters = _quarters(_small(picture))
    return np.concatenate([run("rivagan_decoder", quarter[None])[0] for quarter in quarters])


def _is_read(picture: Image, mark: MarkId) -> bool:
    scores = read_scores(picture).tolist()
    return mark in read_marks(scores)[:1] and wrong_bits(mark, scores) <= MAX_WRONG - SPARE


def _strength(small: Image) -> float:
    colour = np.ptp(small, axis=2).mean()
    if colour > VIVID_ABOVE:
        return VIVID
    if small.std() > STARK_ABOVE:
        return STARK
    return GREY if colour < GREY_BELOW else PLAIN


def _is_flat(small: Image) -> bool:
    around = np.ones((AROUND, AROUND), np.uint8)
    spread = cv2.dilate(small, around) - cv2.erode(small, around)
    return bool((spread.max(axis=2) < FLAT_BELOW).mean() > FLAT_ABOVE)


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
