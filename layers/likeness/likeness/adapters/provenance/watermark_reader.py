"""Read the invisible watermark with RivaGAN's decoder, from a layer of VerifyPicture."""

from __future__ import annotations

from functools import cache
from importlib import resources
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime as ort
from PIL import Image

from likeness.domain.provenance.watermark import read_watermarks

if TYPE_CHECKING:
    from likeness.domain.provenance.watermark import WatermarkId

SIDE = 256  # px: as likeness_model.vision.watermark writes it
LEVELS = 127.5


class RivaganReader:
    def read(self, jpeg: bytes, *, mirrored: bool = False) -> list[WatermarkId]:
        with Image.open(BytesIO(jpeg), formats=["JPEG"]) as picture:
            return read_watermarks(read_scores(picture, mirrored=mirrored))


def read_scores(picture: Image.Image, *, mirrored: bool = False) -> list[list[float]]:
    """Four quarters of 32 scores: positive for a one; the absolute value is the confidence."""
    small = picture.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BOX)
    half = SIDE // 2
    pixels = np.asarray(small, np.float32)
    if mirrored:
        pixels = pixels[:, ::-1]
    planes = pixels.reshape(2, half, 2, half, 3)
    quarters = planes.transpose(0, 2, 4, 1, 3).reshape(4, 3, half, half) / LEVELS - 1
    (scores,) = _session().run(None, {"frame": quarters})
    found: list[list[float]] = scores.tolist()
    return found


@cache
def _session() -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.log_severity_level = 3
    options.enable_cpu_mem_arena = False
    model = (resources.files("rivagan") / "rivagan_decoder.onnx").read_bytes()
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
