"""The painter's speed and memory: `python -m likeness_model.tools.bench`.

Prints one flat JSON object, name to number: `painter.30_avatars_s` (the container's whole run,
start-up included), `painter.30_watermarked_s` (the same with an invisible watermark on each, as the
workflow orders it), `painter.peak_mb` (of that run: all processes, shared pages counted once),
`painter.style.<name>_s` (one picture on one core), `painter.photo_s` (the analysis of one photo).

bench_diffusion.py measures the diffusion engines.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2

from likeness.contracts.container import RESULT_FILE
from likeness_model.container.folders import Folders
from likeness_model.generation.files import write_atomically
from likeness_model.generation.variation import variation_for
from likeness_model.painter.styles import STYLES
from likeness_model.painter.subject import read_subject
from likeness_model.tools.order import make_order, read_photos
from likeness_model.vision.images import decode
from likeness_model.vision.sessions import use_threads

AVATARS, SIZE, REPEATS = 30, 1024, 3
SAMPLE_EVERY_S = 0.1
# The measured job's styles in turn: fixed, so that figures stay comparable when styles are added.
JOB_STYLES = (
    *("comic", "pop-art", "cartoon", "cyberpunk", "vaporwave", "watercolour", "oil", "pencil"),
    *("charcoal", "woodblock", "linocut", "mosaic", "pixel-art", "stained-glass", "low-poly"),
    *("paper-cut", "glamour", "cosmic"),
)


def measure_job(photos: Mapping[str, bytes], styles: list[str]) -> dict[str, float]:
    """Run the container's program on 30 avatars of these styles in turn; a separate run measures
    its memory, because that slows it down."""
    seconds, drawn, _ = _run_job(photos, styles, watermarked=False)
    watermarked_seconds, _, _ = _run_job(photos, styles)
    _, _, peak = _run_job(photos, styles, watch=True)
    return {
        "painter.30_avatars_s": round(seconds, 2),
        "painter.30_watermarked_s": round(watermarked_seconds, 2),
        "painter.30_avatars_drawn": drawn,
        "painter.peak_mb": round(peak / 1e6, 1),
    }


def _run_job(
    photos: Mapping[str, bytes],
    styles: list[str],
    *,
    watermarked: bool = True,
    watch: bool = False,
) -> tuple[float, int, int]:
    """Wall seconds, avatars drawn, and the memory's peak in bytes, 0 without `watch`."""
    with tempfile.TemporaryDirectory() as folder:
        folders = Folders(Path(folder))
        started = time.perf_counter()
        program = start_job(folders, photos, styles, watermarked=watermarked)
        peak = 0
        while watch and program.poll() is None:
            pids = [program.pid, *_descendants(program.pid)]
            peak = max(peak, sum(map(_proportional_set_size, pids)))
            time.sleep(SAMPLE_EVERY_S)
        if program.wait() != 0:
            raise RuntimeError(folders.failure.read_text())
        seconds = time.perf_counter() - started
        result = json.loads((folders.checkpoints / RESULT_FILE).read_text())
    return seconds, len(result["avatars"]), peak


def start_job(
    folders: Folders, photos: Mapping[str, bytes], styles: Sequence[str], *, watermarked: bool
) -> subprocess.Popen[bytes]:
    order = make_order(photos, styles, AVATARS, size=SIZE, watermarked=watermarked)
    write_atomically(folders.order, order.model_dump_json().encode())
    for photo_id, content in photos.items():
        write_atomically(folders.photos / f"{photo_id}.jpg", content)
    environment = os.environ | {
        "SAGEMAKER_BASE_DIR": str(folders.base),
        "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",  # as in the Dockerfile
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }
    return subprocess.Popen(
        [sys.executable, "-m", "likeness_model"], env=environment, stdout=subprocess.DEVNULL
    )


def measure_styles(photo: bytes) -> dict[str, float]:
    """On one core, the median of REPEATS, each with another variation."""
    cv2.setNumThreads(1)
    use_threads(1)
    picture = decode(photo)
    read_subject(picture, SIZE)  # loads the models
    started = time.perf_counter()
    subject = read_subject(picture, SIZE)
    numbers = {"painter.photo_s": round(time.perf_counter() - started, 3)}
    for style_id, paint in STYLES.items():
        seconds = []
        for variant in range(REPEATS):
            variation = variation_for(style_id, seed=variant, variant=variant)
            scene = subject.scene(variation, SIZE)
            started = time.perf_counter()
            paint(scene, variation)
            seconds.append(time.perf_counter() - started)
        numbers[f"painter.style.{style_id}_s"] = round(statistics.median(seconds), 3)
    return numbers


def _descendants(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return []
    return [each for child in children for each in (int(child), *_descendants(int(child)))]


def _proportional_set_size(pid: int) -> int:
    """Bytes. Shared pages count once over all processes, as for a container's memory limit."""
    try:
        rows = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(row.split()[1]) * 1024 for row in rows if row.startswith("Pss:")), 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True, help="folder of JPEG photos")
    parser.add_argument("--styles", help="of the job, comma-separated; by default all")
    parser.add_argument("--only-job", action="store_true")
    arguments = parser.parse_args()
    photos = read_photos(arguments.photos)
    if not photos:
        parser.error(f"{arguments.photos} holds no JPEG photo")
    styles = arguments.styles.split(",") if arguments.styles else list(JOB_STYLES)
    numbers = measure_job(photos, styles)
    if not arguments.only_job:
        numbers |= measure_styles(next(iter(photos.values())))
    print(json.dumps(numbers, indent=2))


if __name__ == "__main__":
    main()
