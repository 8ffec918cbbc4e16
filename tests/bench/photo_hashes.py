"""PDQ hashes: time, distances of copies from their photo, and of different photos.

    python tests/bench/photo_hashes.py [folder of photos]

Prints the numbers of docs/illegal-content.md. Needs layers/likeness on PYTHONPATH.
"""

import io
import random
import sys
import time
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from likeness.adapters.photos.pictures import hashes
from likeness.domain.photos.photo_hash import MAX_DISTANCE, PhotoHashes, read_hash_list

DEMO = Path(__file__).parents[2] / "demo" / "photos"
LISTED = 1_000_000


def saved(image: Image.Image, quality: int = 95) -> PhotoHashes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return hashes(file.getvalue())


def copies(image: Image.Image) -> Iterator[tuple[str, PhotoHashes]]:
    width, height = image.size
    for percent in (50, 25):
        small = image.resize((width * percent // 100, height * percent // 100))
        yield f"scaled to {percent} %", saved(small)
    for quality in (60, 20):
        yield f"saved at quality {quality}", saved(image, quality)
    yield "mirrored", saved(ImageOps.mirror(image))
    yield "turned by 90 degrees", saved(image.transpose(Image.Transpose.ROTATE_90))
    yield "turned by 3 degrees", saved(image.rotate(3, Image.Resampling.BICUBIC))
    yield "brighter by 30 %", saved(ImageEnhance.Brightness(image).enhance(1.3))
    yield "grey", saved(ImageOps.grayscale(image).convert("RGB"))
    for percent in (2, 5, 10):
        yield (
            f"cropped by {percent} % all round",
            saved(ImageOps.crop(image, width * percent // 100)),
        )
    yield "white border of 5 %", saved(ImageOps.expand(image, width // 20, "white"))
    banner = image.copy()
    ImageDraw.Draw(banner).rectangle((0, height * 9 // 10, width, height), "black")
    yield "black banner over the lowest tenth", saved(banner)


def distance(one: PhotoHashes, other: PhotoHashes) -> int:
    """As `match` compares: any orientation of `other` with the listed hash of `one`."""
    return min((one.hashes[0] ^ turned).bit_count() for turned in other.hashes)


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DEMO
    images = {path.stem: Image.open(path).convert("RGB") for path in sorted(folder.glob("*.jpg"))}
    photos = {name: saved(image) for name, image in images.items()}
    found: dict[str, list[int]] = {}
    for name, image in images.items():
        for how, copy in copies(image):
            found.setdefault(how, []).append(distance(photos[name], copy))
    print(f"copies of {len(photos)} photos: bits of the furthest, and how many match")
    for how, bits in found.items():
        matched = sum(one <= MAX_DISTANCE for one in bits)
        print(f"  {how:36} {max(bits):4}  {matched}/{len(bits)}")
    pairs = [
        (distance(one, other), f"{name} / {other_name}")
        for (name, one), (other_name, other) in combinations(photos.items(), 2)
    ]
    print(f"{len(pairs)} pairs of different photos, the nearest: bits")
    for bits, pair in sorted(pairs)[:5]:
        print(f"  {pair:36} {bits:4}")
    print(f"  of quality {min(one.quality for one in photos.values())} and more")

    text = "\n".join(f"{random.getrandbits(256):064x}" for _ in range(LISTED))  # noqa: S311
    begun = time.perf_counter()
    known = read_hash_list(text)
    read = time.perf_counter()
    false = sum(one.match(known) for one in photos.values())
    matched_s = (time.perf_counter() - read) / len(photos)
    print(f"{LISTED} random hashes: read in {read - begun:.2f} s, {false} of {len(photos)} match")
    print(f"matching one photo, eight orientations: {matched_s:.2f} s")
    file = io.BytesIO()
    next(iter(images.values())).save(file, "JPEG")
    begun = time.perf_counter()
    for _ in range(10):
        hashes(file.getvalue())
    print(f"hashing one photo: {(time.perf_counter() - begun) * 100:.0f} ms")


if __name__ == "__main__":
    main()
