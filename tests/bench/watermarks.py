"""The invisible watermark: seconds to write, and false readings in 200 pictures without one.

Runs in the container's environment. The pictures are views of the demo's photos (turned, mirrored,
recoloured, cut), the catalogue's previews, and noise; the ids are a million, as on record.

`--table` instead draws a job of thirty avatars and prints decision 035's table: the pictures from
which the verification service reads the watermark after each change, and the PSNR. In minutes:

    PYTHONPATH=.:model:layers/likeness .envs/model/bin/python -m tests.bench.watermarks --table
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

from likeness.domain.provenance.watermark import Watermarking, read_watermarks, watermark_of
from likeness_model.container.folders import Folders
from likeness_model.tools.bench import JOB_STYLES, start_job
from likeness_model.tools.order import read_photos
from likeness_model.vision.images import read_rgb
from likeness_model.vision.sessions import use_threads
from likeness_model.vision.watermark import write_watermark
from tests.watermarks import scores_of, watermarks_in

ROOT = Path(__file__).parents[2]
PICTURES, ON_RECORD = 200, 1_000_000


def jpeg(picture):
    return cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 75])[1], 1)


def scaled(picture, share):
    return cv2.resize(picture, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)


def cropped(picture, left=0.0, right=0.0, top=0.0, bottom=0.0):
    height, width = picture.shape[:2]
    return picture[
        round(top * height) : round((1 - bottom) * height),
        round(left * width) : round((1 - right) * width),
    ]


CHANGES = {
    "none": lambda picture: picture,
    "JPEG 75": jpeg,
    "half size": lambda picture: scaled(picture, 0.5),
    "half size, JPEG 75": lambda picture: jpeg(scaled(picture, 0.5)),
    "5 % cropped from every side": lambda picture: cropped(picture, 0.05, 0.05, 0.05, 0.05),
    "mirrored, JPEG 75": lambda picture: jpeg(picture[:, ::-1]),
    "10 % cropped from one side": lambda picture: cropped(picture, left=0.1),
    "10 % cropped from two sides": lambda picture: cropped(picture, left=0.1, top=0.1),
    "a quarter of the size, JPEG 75": lambda picture: jpeg(scaled(picture, 0.25)),
}


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


def drawn():
    """The thirty avatars of the bench's job, without watermarks."""
    photos = read_photos(ROOT / "demo/photos")
    with tempfile.TemporaryDirectory() as folder:
        folders = Folders(Path(folder))
        program = start_job(folders, photos, JOB_STYLES, watermarked=False)
        if program.wait() != 0:
            raise RuntimeError(folders.failure.read_text())
        return [read_rgb(file) for file in sorted(folders.checkpoints.glob("a*.png"))]


def print_table() -> None:
    written, quality = [], []
    for n, picture in enumerate(drawn()):
        watermark = watermark_of(n, 1, "a01")
        watermarked, watermarking = write_watermark(picture, watermark)
        if watermarking is Watermarking.WRITTEN:
            written.append((watermark, watermarked))
            quality.append(cv2.PSNR(picture, watermarked))
    sys.stdout.write(
        f"{len(written)} of {n + 1} written; "
        f"PSNR: median {statistics.median(quality):.1f} dB, minimum {min(quality):.1f}\n"
    )
    for change, changed in CHANGES.items():
        read = sum(
            watermark in watermarks_in(np.ascontiguousarray(changed(picture)))
            for watermark, picture in written
        )
        sys.stdout.write(f"| {change} | {read} |\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--table", action="store_true")
    if parser.parse_args().table:
        print_table()
        return
    cv2.setNumThreads(1)
    use_threads(1)
    issued = {watermark_of(seed, 1, "a01") for seed in range(ON_RECORD)}
    read = [read_watermarks(scores_of(picture)) for picture in foreign()]
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
