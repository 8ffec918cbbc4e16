"""A contact sheet of styles on photos, for the eye: `python -m likeness_model.painter.proof`."""

import argparse
import time
from pathlib import Path

import cv2
import numpy as np

from likeness_model.painter.looks import look_for
from likeness_model.painter.scene import Scene
from likeness_model.painter.styles import STYLES, style
from likeness_model.painter.subject import Subject, read_subject
from likeness_model.vision.records import Image


def main() -> None:
    arguments = _arguments()
    photos = sorted(p for p in arguments.photos.iterdir() if p.suffix in {".jpg", ".jpeg", ".png"})
    photos = photos[: arguments.limit]
    started = time.perf_counter()
    subjects = [read_subject(read_rgb(photo), arguments.size) for photo in photos]
    print(f"subjects: {(time.perf_counter() - started) / len(photos):.2f} s a photo")
    rows = []
    for style_id in arguments.styles.split(",") if arguments.styles else STYLES:
        row, seconds = _paint_row(style_id, subjects, arguments)
        print(f"{style_id}: {seconds:.2f} s a picture")
        rows.append(np.hstack(row))
    sheet = arguments.out / "contact-sheet.png"
    write_png(sheet, np.vstack(rows))
    print(sheet)


def _paint_row(
    style_id: str, subjects: list[Subject], arguments: argparse.Namespace
) -> tuple[list[Image], float]:
    paint, row, seconds = style(style_id), [], 0.0
    for variant in range(arguments.variants):
        for number, subject in enumerate(subjects):
            look = look_for(style_id, seed=variant * 1000 + number, variant=variant + number)
            scene = subject.scene(look, arguments.size)
            started = time.perf_counter()
            picture = _checked(paint(scene, look), scene, style_id)
            seconds += time.perf_counter() - started
            if arguments.full:
                write_png(arguments.out / f"{style_id}-{number:02}-{variant}.png", picture)
            side = (arguments.thumb, arguments.thumb)
            row.append(cv2.resize(picture, side, interpolation=cv2.INTER_AREA))
    return row, seconds / len(row)


def _checked(picture: Image, scene: Scene, style_id: str) -> Image:
    if picture.shape != (scene.size, scene.size, 3) or picture.dtype != np.uint8:
        raise TypeError(f"{style_id} painted {picture.shape} {picture.dtype}")
    return picture


def read_rgb(path: Path) -> Image:
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError(f"{path} is not a picture")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def write_png(path: Path, image: Image) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--styles", help="comma-separated ids; all of them when left out")
    parser.add_argument("--photos", type=Path, required=True, help="folder of photos")
    parser.add_argument("--out", type=Path, required=True, help="folder for contact-sheet.png")
    parser.add_argument("--size", type=int, default=1024)
    parser.add_argument("--thumb", type=int, default=320, help="side of a picture on the sheet")
    parser.add_argument("--limit", type=int, default=8, help="photos at most")
    parser.add_argument("--variants", type=int, default=1, help="looks for each photo")
    parser.add_argument("--full", action="store_true", help="also write each picture")
    return parser.parse_args()


if __name__ == "__main__":
    main()
