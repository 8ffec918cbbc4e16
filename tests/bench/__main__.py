"""Speed and memory, as a table and as flat JSON: python -m tests.bench --out bench.json.

painter.*     the container's program in its own environment (likeness_model.tools.bench)
inspect.*     decoding and normalising an upload, in this process
provenance.*  marking and signing an avatar; what is read in pictures that are not ours
function.*    importing each Lambda in a fresh interpreter, from the layers as they are built
api.*, job.*  the laptop cloud with the real template; job.trace.* says where a job's seconds go
demo.*        make demo on that cloud
sweep.*       the daily sweep over a million objects in memory
ratio.*       what this project has goals for: absolute times differ between machines
peer.*        what a user would reach for instead, in the same run (tests/bench/peers.py)
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench import functions, laptop, painter, peers, photos, provenance, sweep

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

WIDTH = 44  # characters of a name
PARTS: dict[str, Callable[[], dict[str, float]]] = {
    "painter": painter.measure,
    "inspect": photos.measure,
    "provenance": provenance.measure,
    "function": functions.measure,
    "laptop": laptop.measure,
    "sweep": sweep.measure,
    "peer": peers.measure,
}


# Name, and the two numbers of which it is the quotient.
RATIOS = {
    "watermarked_over_plain": ("painter.30_watermarked_s", "painter.30_avatars_s"),
    "job_over_program": ("job.last_upload_to_last_avatar_s", "painter.30_watermarked_s"),
    "warm_job_over_program": (
        "warm_job.last_upload_to_last_avatar_s",
        "painter.30_watermarked_s",
    ),
    "demo_over_program": ("demo.first_avatar_s", "painter.30_avatars_s"),
}


def ratios(numbers: Mapping[str, float | str]) -> dict[str, float]:
    """Those whose numbers were both measured."""
    return {
        f"ratio.{name}": round(float(numbers[of]) / float(numbers[to]), 2)
        for name, (of, to) in RATIOS.items()
        if of in numbers and to in numbers
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("bench.json"))
    parser.add_argument("--only", choices=[*PARTS], action="append")
    asked = parser.parse_args()
    numbers: dict[str, float | str] = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
    }
    show(numbers)
    for part in asked.only or PARTS:
        sys.stderr.write(f"measuring {part} ...\n")
        found = PARTS[part]()
        show(found)
        numbers |= found
        asked.out.write_text(json.dumps(numbers, indent=2) + "\n")  # kept if the next part fails
    found = ratios(numbers)
    show(found)
    asked.out.write_text(json.dumps(numbers | found, indent=2) + "\n")


def show(numbers: Mapping[str, float | str]) -> None:
    for name, value in numbers.items():
        sys.stdout.write(f"{name:<{WIDTH}}  {value}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
