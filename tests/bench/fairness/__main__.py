"""How the product treats people, by group: `make fairness PHOTOS=folder [GROUPS=table.csv]`.

PHOTOS has a folder for each person with 3 to 10 of their photos. Each person's job runs through the
product's own steps on this machine, with the laptop's Rekognition and the painter; nothing leaves
it. Writes `fairness.json`, `fairness.md` and `fairness.png`. Of the people only the names of their
folders are written.
"""

from __future__ import annotations

import argparse
import json
import sys
from functools import partial
from pathlib import Path

from demo.job import TYPES
from likeness.adapters.policy_files import load_policy, load_styles, load_tiers, read_policy
from likeness.domain.errors import Invalid
from likeness.domain.ids import StyleId
from likeness.domain.jobs.catalogue import check_styles, check_terms
from likeness.domain.jobs.job import MAX_PHOTOS, MIN_PHOTOS
from tests.bench.fairness.chart import draw_chart
from tests.bench.fairness.report import markdown, read_groups, report
from tests.bench.fairness.steps import laptop_rekognition, run_person

# All with the skin's own colours, so that each avatar counts for the tone shift.
STYLES = "comic,oil,watercolour,glamour,cartoon"


def main() -> None:
    parser = argparse.ArgumentParser(prog="make fairness", description=__doc__)
    parser.add_argument("--photos", type=Path, required=True, help="a folder for each person")
    parser.add_argument("--groups", type=Path, help="CSV: person, and a column for each grouping")
    parser.add_argument("--out", type=Path, default=Path("out"))
    parser.add_argument("--styles", default=STYLES, help="comma-separated")
    parser.add_argument("--count", type=int, default=10, help="avatars of each person")
    parser.add_argument("--policy", type=Path, help="a changed copy of community_guidelines.yaml")
    given = parser.parse_args()
    try:
        styles = [StyleId(style) for style in given.styles.split(",")]
        check_styles(styles, load_styles())
        check_terms(load_tiers()["lite"], styles, given.count)
        people = read_people(given.photos)
        groups = read_groups(given.groups, people) if given.groups else {}
        policy = read_policy(given.policy.read_bytes()) if given.policy else load_policy()
        given.out.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError, Invalid) as wrong:
        sys.exit(str(wrong))
    results = []
    with laptop_rekognition() as url:
        run = partial(run_person, styles=styles, count=given.count, policy=policy, rekognition=url)
        for number, (person, files) in enumerate(people.items(), 1):
            sys.stderr.write(f"{number} of {len(people)}: {person}\n")
            results.append(run(person, files))
    (given.out / "fairness.json").write_text(
        json.dumps(report(results, groups), indent=1), encoding="utf-8"
    )
    table = markdown(results, groups)
    (given.out / "fairness.md").write_text(table, encoding="utf-8")
    draw_chart(results, groups).save(given.out / "fairness.png")
    sys.stdout.write(table)


def read_people(folder: Path) -> dict[str, list[Path]]:
    """Each person's photos, by the folder's name. Raises ValueError."""
    people = {
        each.name: sorted(file for file in each.iterdir() if file.suffix.lower() in TYPES)
        for each in sorted(folder.iterdir())
        if each.is_dir() and not each.name.startswith(".")
    }
    if not people:
        raise ValueError(f"{folder} has no folder: it needs one for each person")
    for person, files in people.items():
        if not MIN_PHOTOS <= len(files) <= MAX_PHOTOS:
            needed = f"{MIN_PHOTOS} to {MAX_PHOTOS} are needed"
            raise ValueError(f"{folder / person} has {len(files)} photos: {needed}")
    return people


if __name__ == "__main__":
    main()
