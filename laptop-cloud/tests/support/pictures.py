"""Pictures for the models in `support.vision`."""

import io
from pathlib import Path

import numpy as np
from PIL import Image as Pillow

from laptop_cloud.rekognition.vision import Image

ADA, GRACE = 220, 150  # shades of red: two people


def encode(image: Image, kind: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    Pillow.fromarray(image).save(file, kind, **options)
    return file.getvalue()


def noise(width: int, height: int) -> Image:
    return np.random.default_rng(7).integers(0, 256, (height, width, 3)).astype(np.uint8)


def blank(width: int, height: int) -> Image:
    return np.full((height, width, 3), 200, np.uint8)


def faces(*people: int, profile: bool = False) -> Image:
    """Faces side by side, each 10 px higher than the one before it."""
    picture = blank(100 + 120 * len(people), 300)
    for n, shade in enumerate(people):
        height = 30 if profile else 100 + 10 * n
        picture[50 : 50 + height, 50 + 120 * n : 130 + 120 * n] = [shade, 20, 20]
    return picture


def save(picture: Image, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode(picture))
