"""Distances of copies of a photo from it, and of different photos from each other.

    python tests/bench/photo_copies.py [folder of photos]

Prints the numbers behind domain/photos/photo_check.py (bits of the hash) and
adapters/photos/pictures/copies.py (levels of the worst spot). Needs layers/likeness on PYTHONPATH.
"""

import io
import statistics
import sys
import time
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

from PIL import Image

from likeness.adapters.photos.pictures import normalise
from likeness.adapters.photos.pictures.copies import difference
from likeness.domain.photos.picture import NormalisedPhoto

DEMO = Path(__file__).parents[2] / "demo" / "photos"
CROPS = {  # left, top, right, bottom, of a side
    "1 % all round": (0.01, 0.01, 0.01, 0.01),
    "2 % all round": (0.02, 0.02, 0.02, 0.02),
    "2 % left": (0.02, 0, 0, 0),
    "2 % top": (0, 0.02, 0, 0),
    "2 % right": (0, 0, 0.02, 0),
    "2 % bottom": (0, 0, 0, 0.02),
    "2 % corner": (0.02, 0.02, 0, 0),
}


def saved(image: Image.Image, quality: int) -> NormalisedPhoto:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return normalise(file.getvalue())


def copies(image: Image.Image) -> Iterator[tuple[str, NormalisedPhoto]]:
    width, height = image.size
    smaller = 540 / min(image.size)
    yield "saved at quality 40", saved(image, 40)
    yield (
        "540 px, quality 60",
        saved(image.resize((round(width * smaller), round(height * smaller))), 60),
    )
    for name, (left, top, right, bottom) in CROPS.items():
        box = (left * width, top * height, (1 - right) * width, (1 - bottom) * height)
        yield f"cropped {name}", saved(image.crop(tuple(map(round, box))), 70)


def distances(one: NormalisedPhoto, other: NormalisedPhoto) -> tuple[int, int]:
    hashes = (int(photo.fingerprint.perceptual, 16) for photo in (one, other))
    first, second = hashes
    return (first ^ second).bit_count(), difference(one.jpeg, other.jpeg)


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DEMO
    images = {path.stem: Image.open(path).convert("RGB") for path in sorted(folder.glob("*.jpg"))}
    photos = {name: saved(image, 95) for name, image in images.items()}

    worst: dict[str, tuple[int, int]] = {}
    for name, image in images.items():
        for how, copy in copies(image):
            bits, levels = distances(photos[name], copy)
            known_bits, known_levels = worst.get(how, (0, 0))
            worst[how] = (max(bits, known_bits), max(levels, known_levels))
    print(f"copies of {len(photos)} photos, the furthest       bits  levels")
    for how, (bits, levels) in worst.items():
        print(f"  {how:38} {bits:4}  {levels:6}")

    print("different photos, the nearest              bits  levels")
    seconds = []
    pairs = []
    for (name, one), (other_name, other) in combinations(photos.items(), 2):
        begun = time.perf_counter()
        bits, levels = distances(one, other)
        seconds.append(time.perf_counter() - begun)
        pairs.append((levels, bits, f"{name} / {other_name}"))
    for levels, bits, pair in sorted(pairs)[:5]:
        print(f"  {pair:38} {bits:4}  {levels:6}")
    print(f"median of one comparison: {statistics.median(seconds) * 1000:.0f} ms")


if __name__ == "__main__":
    main()
