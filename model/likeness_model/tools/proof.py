"""A contact sheet of styles on photos: `python -m likeness_model.tools.proof`."""

import argparse
import time
from pathlib import Path

import numpy as np
from PIL import Image as Pillow

from likeness_model.generation.variation import variation_for
from likeness_model.painter.styles import STYLES
from likeness_model.painter.subject import Subject, read_subject
from likeness_model.tools.contact_sheet import contact_sheet
from likeness_model.vision.images import read_rgb


def main() -> None:
    arguments = _arguments()
    photos = sorted(p for p in arguments.photos.iterdir() if p.suffix in {".jpg", ".jpeg", ".png"})
    photos = photos[: arguments.limit]
    started = time.perf_counter()
    subjects = [read_subject(read_rgb(photo), arguments.size) for photo in photos]
    print(f"subjects: {(time.perf_counter() - started) / len(photos):.2f} s per photo")
    arguments.out.mkdir(parents=True, exist_ok=True)
    pictures: list[Pillow.Image] = []
    for style_id in arguments.styles.split(",") if arguments.styles else STYLES:
        row, seconds = _paint_row(style_id, subjects, arguments)
        print(f"{style_id}: {seconds:.2f} s per picture")
        pictures += row
    columns = len(subjects) * arguments.variants
    sheet = arguments.out / "contact-sheet.png"
    contact_sheet(pictures, columns=columns, side=arguments.thumb).save(sheet)
    print(sheet)


def _paint_row(
    style_id: str, subjects: list[Subject], arguments: argparse.Namespace
) -> tuple[list[Pillow.Image], float]:
    """The style's pictures, and its mean seconds per picture."""
    row, seconds = [], 0.0
    for variant in range(arguments.variants):
        for number, subject in enumerate(subjects):
            variation = variation_for(
                style_id, seed=variant * 1000 + number, variant=variant + number
            )
            scene = subject.scene(variation, arguments.size)
            started = time.perf_counter()
            painted = STYLES[style_id](scene, variation)
            seconds += time.perf_counter() - started
            if painted.shape != (scene.size, scene.size, 3) or painted.dtype != np.uint8:
                raise TypeError(f"{style_id} painted {painted.shape} {painted.dtype}")
            picture = Pillow.fromarray(painted)
            if arguments.full:
                picture.save(arguments.out / f"{style_id}-{number:02}-{variant}.png")
            picture.thumbnail((arguments.thumb, arguments.thumb))
            row.append(picture)
    return row, seconds / len(row)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--styles", help="comma-separated ids; by default all")
    parser.add_argument("--photos", type=Path, required=True, help="folder of photos")
    parser.add_argument("--out", type=Path, required=True, help="folder for contact-sheet.png")
    parser.add_argument("--size", type=int, default=1024)
    parser.add_argument("--thumb", type=int, default=320, help="side of a picture on the sheet")
    parser.add_argument("--limit", type=int, default=8, help="maximum number of photos")
    parser.add_argument("--variants", type=int, default=1, help="variations per photo")
    parser.add_argument("--full", action="store_true", help="also write each picture")
    return parser.parse_args()


if __name__ == "__main__":
    main()
