"""Our styles and their nearest rivals on one photo: python -m tests.bench.peer_pictures.

Runs in the environment `bench`: the painter's, with OpenCV's contributed modules. Prints flat JSON.
`peer.<program>_<filter>_over_<style>` is the rival's seconds over ours: above 1, ours is faster.
`ratio.<style>_over_<filter>` is ours over the rival's: below 1, ours is faster.
Ours is one picture from a framed scene, with the masks that it asks for; `peer.painter_photo_s`,
paid once a photo and not once an avatar, stands beside it. A program's seconds hold its start and
two PPM files. All are seconds of one core's work.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from likeness_model.generation.variation import variation_for
from likeness_model.painter.styles import STYLES
from likeness_model.painter.subject import read_subject
from likeness_model.vision.images import read_rgb
from likeness_model.vision.records import Image
from likeness_model.vision.sessions import use_threads
from tests.bench.processor import processor_seconds

PHOTO = Path(__file__).parents[2] / "demo" / "photos" / "01-original.jpg"
SIZE = 1024
RUNS = 5
PATIENCE = 180  # s a program gets for one picture
ONE_CORE = {"OMP_NUM_THREADS": "1", "MAGICK_THREAD_LIMIT": "1"}

Filter = Callable[[Image], object]

# What OpenCV offers, and the style of ours that a user would take instead.
OPENCV: dict[tuple[str, str], Filter] = {
    ("opencv_stylization", "watercolour"): cv2.stylization,
    ("opencv_stylization", "oil"): cv2.stylization,
    ("opencv_pencil_sketch", "pencil"): cv2.pencilSketch,
    ("opencv_edge_preserving", "cartoon"): cv2.edgePreservingFilter,
    ("xphoto_oil_painting", "oil"): lambda photo: cv2.xphoto.oilPainting(photo, 7, 1),
}
# The goal: each at most 1.
RATIOS = {
    "edge_preserving": ("opencv_edge_preserving", "cartoon"),
    "oil_painting": ("xphoto_oil_painting", "oil"),
    "stylization": ("opencv_stylization", "watercolour"),
}
# Arguments between the photo and the result.
IMAGEMAGICK = {
    ("imagemagick_paint", "oil"): ["-paint", "6"],
    ("imagemagick_sketch", "pencil"): ["-colorspace", "gray", "-sketch", "0x20+120"],
    ("imagemagick_charcoal", "charcoal"): ["-charcoal", "4"],
}
GMIC = {
    ("gmic_cartoon", "cartoon"): ["cartoon", "3,200,20"],
    ("gmic_sketchbw", "pencil"): ["sketchbw", "8"],
    ("gmic_stained_glass", "stained-glass"): ["stained_glass", "20%,0.1"],
    ("gmic_polygonize", "low-poly"): ["polygonize", "100,10"],
}


def main() -> None:
    cv2.setNumThreads(1)
    use_threads(1)
    photo = read_rgb(PHOTO)
    numbers = {
        "peer.painter_photo_s": round(processor_seconds(lambda: read_subject(photo, SIZE), RUNS), 4)
    }
    rivals = OPENCV | programs()
    ours = {
        name: style_seconds(photo, name) for name in sorted({style_id for _, style_id in rivals})
    }
    square = square_photo(photo)
    seconds: dict[str, float | None] = {}
    for (name, style_id), rival in rivals.items():
        if name not in seconds:
            seconds[name] = rival_seconds(name, rival, square)
        theirs = seconds[name]
        if theirs is not None:
            numbers[f"peer.{name}_s"] = round(theirs, 4)
            numbers[f"peer.{name}_over_{style_id}"] = round(theirs / ours[style_id], 2)
    numbers |= {f"peer.ours_{name}_s": round(value, 4) for name, value in ours.items()}
    numbers |= {
        f"ratio.{style_id}_over_{name}": round(ours[style_id] / theirs, 2)
        for name, (rival, style_id) in RATIOS.items()
        if (theirs := seconds[rival])
    }
    print(json.dumps(numbers, indent=2))


def style_seconds(photo: Image, style_id: str) -> float:
    """Each run with another variation, from a scene whose masks are not computed yet."""
    subject, paint = read_subject(photo, SIZE), STYLES[style_id]
    variations = [variation_for(style_id, seed=run, variant=run) for run in range(RUNS + 1)]
    scenes = [(subject.scene(variation, SIZE), variation) for variation in variations]
    return processor_seconds(lambda: paint(*scenes.pop()), RUNS)


def rival_seconds(name: str, rival: Filter, photo: Image) -> float | None:
    try:
        return processor_seconds(lambda: rival(photo), RUNS)
    except (AttributeError, cv2.error, subprocess.SubprocessError) as problem:
        sys.stderr.write(f"{name} was not measured: {problem}\n")
        return None


def square_photo(photo: Image) -> Image:
    """The photo as an avatar's square, with OpenCV's channel order."""
    side = min(photo.shape[:2])
    square = np.ascontiguousarray(photo[:side, :side, ::-1])
    return cv2.resize(square, (SIZE, SIZE), interpolation=cv2.INTER_CUBIC)


def programs() -> dict[tuple[str, str], Filter]:
    """The filters of installed programs; the others are reported as not measured."""
    found: dict[tuple[str, str], Filter] = {}
    magick, gmic = imagemagick(), shutil.which("gmic")
    if magick:
        found |= {
            key: command(lambda here, there, steps=steps: [magick, here, *steps, there])
            for key, steps in IMAGEMAGICK.items()
        }
    if gmic:
        found |= {
            key: command(
                lambda here, there, steps=steps: [gmic, "-v", "0", here, *steps, "-o", there]
            )
            for key, steps in GMIC.items()
        }
    for name, path in (("imagemagick", magick), ("gmic", gmic)):
        if not path:
            sys.stderr.write(f"{name} was not measured: install the Debian package {name}\n")
    return found


def imagemagick() -> str | None:
    """Version 7 is `magick`, version 6 is `convert`; other programs have that name too."""
    for name in ("magick", "convert-im6.q16", "convert"):
        path = shutil.which(name)
        if path:
            version = subprocess.run(
                [path, "-version"], capture_output=True, text=True, check=False
            )
            if "ImageMagick" in version.stdout:
                return path
    return None


def command(arguments: Callable[[str, str], list[str]]) -> Filter:
    def run(photo: Image) -> None:
        with tempfile.TemporaryDirectory() as folder:
            here, there = f"{folder}/photo.ppm", f"{folder}/result.ppm"
            cv2.imwrite(here, photo)
            subprocess.run(
                arguments(here, there),
                check=True,
                timeout=PATIENCE,
                capture_output=True,
                env=os.environ | ONE_CORE,
            )

    return run


if __name__ == "__main__":
    main()
