"""The invisible watermark: seconds to write, and false readings in 200 pictures without one.

Runs in the container's environment. The pictures are views of the demo's photos (turned, mirrored,
recoloured, cut), the catalogue's previews, and noise; the ids are a million, as on record.
"""

import json
import statistics
import sys
import time
from pathlib import Path

import cv2
import numpy as np

from likeness.domain.provenance.watermark import read_watermarks, watermark_of
from likeness_model.vision.sessions import use_threads
from likeness_model.vision.watermark import read_scores, write_watermark

ROOT = Path(__file__).parents[2]
PICTURES, ON_RECORD = 200, 1_000_000


def foreign():
    """200 pictures, the same each time."""
    chance = np.random.default_rng(2026)
    files = sorted((ROOT / "demo/photos").glob("*.jpg"))
    files += sorted((ROOT / "layers/likeness/likeness/policy/previews/256").glob("*.webp"))
    originals = [cv2.cvtColor(cv2.imread(str(f)), cv2.COLOR_BGR2RGB) for f in files]
    for n in range(PICTURES):
        if n % 10 == 9:
            side = int(chance.integers(64, 1024))
            rough = chance.integers(0, 256, (side, side, 3), np.uint8)
            yield cv2.resize(rough, (512, 512), interpolation=cv2.INTER_CUBIC)
            continue
        picture = originals[n % len(originals)]
        height, width = picture.shape[:2]
        top, left = (int(chance.integers(0, side // 4)) for side in (height, width))
        view = picture[top : top + height * 3 // 4, left : left + width * 3 // 4]
        view = cv2.rotate(view, int(chance.integers(0, 3))) if n % 3 else view[:, ::-1]
        gain, lift = chance.uniform(0.6, 1.4), chance.uniform(-30, 30)
        yield (view * gain + lift).clip(0, 255).astype(np.uint8)


def main() -> None:
    cv2.setNumThreads(1)
    use_threads(1)
    issued = {watermark_of(seed, 1, "a01") for seed in range(ON_RECORD)}
    read = [read_watermarks(read_scores(picture).tolist()) for picture in foreign()]
    claims = sum(bool(issued.intersection(watermarks)) for watermarks in read)
    seconds = []
    for n, picture in enumerate(foreign()):
        if n == 10:
            break
        square = cv2.resize(picture, (1024, 1024))
        began = time.perf_counter()
        write_watermark(square, watermark_of(n, 1, "a01"))
        seconds.append(time.perf_counter() - began)
    numbers = {
        "provenance.watermark_s": round(statistics.median(seconds), 3),
        "provenance.foreign_pictures": len(read),
        "provenance.foreign_readable": sum(map(bool, read)),
        "provenance.false_claims": claims,
    }
    sys.stdout.write(json.dumps(numbers))


if __name__ == "__main__":
    main()
