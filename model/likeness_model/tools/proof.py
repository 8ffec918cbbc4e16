"""Styles on photos, as a sheet and in numbers: `python -m likeness_model.tools.proof`.

Each photo of the folder is one person. Writes `sheet.jpg` (a row per style, a column per photo),
`measures.json` (every picture) and `measures.md` (a row per style). The first row is the framed
photo itself: its values show how far the estimates vary without any painting.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from PIL import Image as Pillow

from likeness_model.generation.variation import variation_for
from likeness_model.painter.registry import Paint
from likeness_model.painter.resemblance import (
    Reference,
    deviation_of,
    measure,
    read_reference,
    take_chips,
)
from likeness_model.painter.styles import STYLES
from likeness_model.painter.subject import Subject, cut_out, frame
from likeness_model.tools.contact_sheet import contact_sheet
from likeness_model.vision.images import read_rgb
from likeness_model.vision.person import NoUsableFace, find_person
from likeness_model.vision.skin import skin_tone

SIZE, THUMBNAIL = 1024, 160  # px
PHOTO = "photo"
HEAD = (
    "| style | skin tone, degrees of ITA: median (range) | lighter, darker by over 1 |"
    " age, years: median (range) | distance: median | faces found | redrawn for age, tone |\n"
    "|---|---|---|---|---|---|---|"
)


class Person(NamedTuple):
    name: str
    subject: Subject
    reference: Reference


class Measured(NamedTuple):
    """One picture. Shifts are against the photo: positive is lighter, and older."""

    style: str
    photo: str
    variant: int
    tone_shift: float
    age_shift: float | None
    distance: float | None
    deviation: str | None


def main() -> None:
    arguments = _arguments()
    people = read_people(arguments.photos)
    if not people:
        raise SystemExit(f"{arguments.photos} holds no photo with a usable face")
    arguments.out.mkdir(parents=True, exist_ok=True)
    wanted = arguments.styles.split(",") if arguments.styles else list(STYLES)
    painters: dict[str, Paint] = {PHOTO: lambda scene, _: scene.foreground}
    painters |= {style: STYLES[style] for style in wanted}
    measures, thumbnails = [], []
    for style, paint in painters.items():
        for variant in range(arguments.variants):
            for number, person in enumerate(people):
                picture, measured = _painted(style, paint, person, variant, number)
                measures.append(measured)
                if arguments.full:
                    picture.save(arguments.out / f"{style}-{person.name}-{variant}.png")
                thumbnails.append(picture.resize((THUMBNAIL * 2,) * 2, Pillow.Resampling.LANCZOS))
    sheet = contact_sheet(thumbnails, columns=len(people) * arguments.variants, side=THUMBNAIL)
    sheet.save(arguments.out / "sheet.jpg", quality=85)
    rows = [each._asdict() for each in measures]
    (arguments.out / "measures.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")
    table = "\n".join([HEAD, *(_row(style, measures) for style in painters)])
    (arguments.out / "measures.md").write_text(table + "\n", encoding="utf-8")
    print(table)


def read_people(folder: Path) -> list[Person]:
    people = []
    for file in sorted(folder.iterdir()):
        if file.suffix.lower() not in {".jpg", ".jpeg", ".png"}:
            continue
        photo = read_rgb(file)
        try:
            mesh = find_person(photo)
        except NoUsableFace:
            print(f"{file.name}: left out, it shows no usable face")
            continue
        reference = read_reference(take_chips(photo, mesh))
        subject = cut_out(photo, frame(photo, SIZE, mesh))
        people.append(Person(file.stem, subject, reference))
    return people


def _painted(
    style: str, paint: Paint, person: Person, variant: int, number: int
) -> tuple[Pillow.Image, Measured]:
    variation = variation_for(style, seed=variant * 1000 + number, variant=variant + number)
    scene = person.subject.scene(variation, SIZE)
    picture = paint(scene, variation)
    references = {person.name: person.reference}
    seen, photo = measure(picture, scene.mesh, references), person.reference.traits
    measured = Measured(
        style=style,
        photo=person.name,
        variant=variant,
        tone_shift=round(skin_tone(picture, scene.mesh) - photo.tone, 1),
        age_shift=round(seen.traits.years - photo.years, 1) if seen.traits else None,
        distance=None if seen.distance is None else round(seen.distance, 3),
        deviation=deviation_of(seen, style, person.name, references),
    )
    return Pillow.fromarray(picture), measured


def _row(style: str, measures: Sequence[Measured]) -> str:
    own = [each for each in measures if each.style == style]
    tones = [each.tone_shift for each in own]
    ages = [each.age_shift for each in own if each.age_shift is not None]
    distances = [each.distance for each in own if each.distance is not None]
    cells = (
        style,
        _spread(tones),
        f"{sum(tone > 1 for tone in tones)}, {sum(tone < -1 for tone in tones)}",
        _spread(ages),
        f"{median(distances):.2f}" if distances else "-",
        f"{len(distances)} of {len(own)}",
        ", ".join(str(sum(each.deviation == why for each in own)) for why in ("age", "skin_tone")),
    )
    return f"| {' | '.join(cells)} |"


def _spread(values: Sequence[float]) -> str:
    if not values:
        return "-"
    return f"{median(values):+.0f} ({min(values):+.0f} to {max(values):+.0f})"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True, help="folder, one person per photo")
    parser.add_argument("--out", type=Path, required=True, help="folder for sheet and measures")
    parser.add_argument("--styles", help="comma-separated ids; by default all")
    parser.add_argument("--variants", type=int, default=1, help="variations per photo")
    parser.add_argument("--full", action="store_true", help="also write each picture")
    return parser.parse_args()


if __name__ == "__main__":
    main()
