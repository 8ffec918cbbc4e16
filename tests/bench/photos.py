"""Normalising an upload: a 12-megapixel JPEG, as phones make them."""

import io
import statistics
import time
from pathlib import Path

from PIL import Image

from likeness.adapters.photos.pictures import normalise

PHOTO = Path(__file__).parents[2] / "demo" / "photos" / "01-original.jpg"
RUNS = 9


def measure() -> dict[str, float]:
    upload = twelve_megapixels()
    seconds = []
    for _ in range(RUNS):
        began = time.perf_counter()
        normalise(upload)
        seconds.append(time.perf_counter() - began)
    return {"inspect.12mp_jpeg_s": round(statistics.median(seconds), 4)}


def twelve_megapixels() -> bytes:
    with Image.open(PHOTO) as photo:
        large = photo.convert("RGB").resize((4000, 3000), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    large.save(out, "JPEG", quality=92)
    return out.getvalue()
