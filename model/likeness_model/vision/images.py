"""Read and write pictures as RGB arrays."""

from pathlib import Path

import cv2
import numpy as np

from likeness_model.vision.records import Image


def decode(encoded: bytes) -> Image | None:
    """An RGB image, or None if the bytes are not a picture."""
    if not encoded:
        return None
    decoded = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR)
    return None if decoded is None else cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB)


def encode_png(picture: Image) -> bytes:
    bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    done, encoded = cv2.imencode(".png", bgr)  # other settings are slower or twice as large
    if not done:
        raise RuntimeError("the PNG encoder failed")
    return encoded.tobytes()


def read_rgb(path: Path) -> Image:
    """Raises ValueError if the file is not a picture."""
    picture = decode(path.read_bytes())
    if picture is None:
        raise ValueError(f"{path} is not a picture")
    return picture
