"""What a load of jobs needs and costs.

python -m infra.capacity --jobs-per-day 1000000
python -m infra.capacity --write          writes the tables of docs/capacity.md
"""

from __future__ import annotations

import argparse
from pathlib import Path

from infra.capacity import prices, report
from infra.capacity.calls import BACKENDS
from infra.capacity.model import Load

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "capacity.md"


def main() -> None:
    standard = Load(0)
    parser = argparse.ArgumentParser(prog="make capacity", description=__doc__)
    parser.add_argument("--jobs-per-day", type=_count, default=1_000_000)
    parser.add_argument("--peak", type=float, default=standard.peak, help="times the mean")
    parser.add_argument("--review", type=_share, default=standard.review, help="0 to 1")
    parser.add_argument("--photos", type=int, default=standard.photos)
    parser.add_argument("--avatars", type=int, default=standard.avatars)
    parser.add_argument("--polls", type=float, default=standard.polls, help="of a job")
    parser.add_argument("--engine", default=standard.engine)
    parser.add_argument("--instance", default=standard.instance)
    parser.add_argument("--backend", choices=BACKENDS, default=standard.backend)
    parser.add_argument("--write", action="store_true", help="write docs/capacity.md")
    given = vars(parser.parse_args())
    if given.pop("write"):
        DOCUMENT.write_text(report.fill(DOCUMENT.read_text()))
        return
    if given["engine"] not in prices.document()["engines"]:
        parser.error(f"aws.yaml has no engine {given['engine']}")
    try:
        print(report.one(Load(**given)))
    except KeyError as error:
        parser.error(f"aws.yaml has no price or speed of {error.args[0]}")


def _count(text: str) -> float:
    found = float(text)
    if found < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return found


def _share(text: str) -> float:
    found = float(text)
    if not 0 <= found <= 1:
        raise argparse.ArgumentTypeError("must be from 0 to 1")
    return found


if __name__ == "__main__":
    main()
