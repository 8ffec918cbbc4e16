"""Segment the person from the background."""

import cv2
import numpy as np

from likeness_model.vision.records import Floats, Image
from likeness_model.vision.sessions import run

SELFIE_INPUT = 256
MATTE_INPUT = 256  # a multiple of 32; 320 gives a slightly finer edge in 60 % more time
IMAGENET_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
IMAGENET_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)


def person_mask(image: Image) -> Floats:
    """(height, width), 0..1: fast, correct overall, with a soft edge."""
    small = cv2.resize(image, (SELFIE_INPUT, SELFIE_INPUT), interpolation=cv2.INTER_AREA)
    mask = run("selfie", small.astype(np.float32)[None] / 255)[0][0, :, :, 0]
    return _enlarge(mask, image)


def clean_matte(image: Image) -> Floats:
    """(height, width), 0..1, of the most salient object: slower, with a better edge (U2-Net)."""
    small = cv2.resize(image, (MATTE_INPUT, MATTE_INPUT), interpolation=cv2.INTER_AREA)
    scaled = small.astype(np.float32) / max(1, int(small.max()))
    batch = ((scaled - IMAGENET_MEAN) / IMAGENET_DEVIATION).transpose(2, 0, 1)[None]
    matte = run("u2netp", np.ascontiguousarray(batch, np.float32))[0][0, 0]
    spread = float(matte.max() - matte.min())
    return _enlarge((matte - matte.min()) / max(spread, 1e-6), image)


def _enlarge(mask: Floats, image: Image) -> Floats:
    height, width = image.shape[:2]
    return cv2.resize(mask, (width, height), interpolation=cv2.INTER_CUBIC).clip(0, 1)
