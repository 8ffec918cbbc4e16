"""Alternatives that a user could take, measured in the same run.

Filters beside our styles run in the environment `bench` (tests/bench/peer_pictures.py), vips beside
the inspection of an upload here. All are seconds of processor time. A program that is not installed
is named on stderr and left out of the numbers.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from likeness.adapters.photos.pictures import normalise
from tests.bench.environments import measured_in
from tests.bench.photos import twelve_megapixels
from tests.bench.processor import processor_seconds

RUNS = 9
LONG_SIDE = 2048  # as the inspection leaves a photo


def measure() -> dict[str, float]:
    return measured_in("bench", "tests.bench.peer_pictures") | _inspection()


def _inspection() -> dict[str, float]:
    """Decode, turn upright, shrink, strip and write again: ours also checks the container first,
    converts to sRGB and takes two fingerprints."""
    vips = shutil.which("vipsthumbnail")
    if not vips:
        sys.stderr.write("vips was not measured: install the Debian package libvips-tools\n")
        return {}
    upload = twelve_megapixels()
    with tempfile.TemporaryDirectory() as folder:
        photo = Path(folder) / "upload.jpg"
        photo.write_bytes(upload)
        arguments = [vips, str(photo), "--size", f"{LONG_SIDE}x{LONG_SIDE}>"]
        arguments += ["-o", "small.jpg[Q=92,strip]"]
        theirs = processor_seconds(
            lambda: subprocess.run(arguments, check=True, capture_output=True), RUNS
        )
    ours = processor_seconds(lambda: normalise(upload), RUNS)
    return {
        "peer.vips_12mp_jpeg_s": round(theirs, 4),
        "peer.vips_over_inspect_12mp_jpeg": round(theirs / ours, 2),
    }
