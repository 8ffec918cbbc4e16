"""Draws the trace of a job: python -m tests.bench.waterfall bench.json docs/job-trace.svg."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

PREFIX, AT, TOOK = "job.trace.", ".at_s", ".s"
COMPLETES = "SettleJob"  # the step after which the app has its avatars
LABELS, BARS, NUMBERS, ROW, TOP = 250, 620, 60, 20, 44  # px
BY_DEPTH = ("#2f6f9f", "#c0662b", "#4c8c4a")
STYLE = (
    "text{font:12px sans-serif;fill:#1f2933}.title{font-weight:bold;font-size:14px}"
    ".label{text-anchor:end}.axis{fill:#52606d;font-size:10px;text-anchor:middle}"
)


def draw(numbers: Mapping[str, float]) -> str:
    rows = [
        (name, numbers[f"{PREFIX}{name}{AT}"], numbers[f"{PREFIX}{name}{TOOK}"])
        for key in numbers
        if key.startswith(PREFIX) and key.endswith(AT)
        for name in [key.removeprefix(PREFIX).removesuffix(AT)]
    ]
    rows.sort(key=lambda row: (row[1], -row[2]))
    first = min(0.0, *(at for _, at, _ in rows))
    last = max(at + took for _, at, took in rows)
    completed = next(at + took for name, at, took in rows if name == COMPLETES)
    width, height = LABELS + BARS + NUMBERS, TOP + ROW * (len(rows) + 1)

    def x(at: float) -> float:
        return round(LABELS + (at - first) / (last - first) * BARS, 1)

    return "".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">',
            f'<style>{STYLE}</style><rect width="100%" height="100%" fill="#fff"/>',
            '<text x="10" y="20" class="title">One job, seconds after its last upload</text>',
            *_axis(x, first, last, height),
            *_line(x(completed), height, "#a8323e"),
            *(
                part
                for n, (name, at, took) in enumerate(rows)
                for part in _bar(name, x(at), x(at + took), took, TOP + ROW * n)
            ),
            "</svg>\n",
        ]
    )


def _axis(x: Callable[[float], float], first: float, last: float, height: int) -> Iterator[str]:
    step = next(one for one in (1, 2, 5, 10, 20, 50, 100) if (last - first) / one <= 20)
    for at in range(0, int(last) + 1, step):
        yield from _line(x(at), height, "#e4e7eb")
        yield f'<text x="{x(at)}" y="{height - 4}" class="axis">{at}</text>'


def _line(x: float, height: int, colour: str) -> Iterator[str]:
    yield f'<line x1="{x}" x2="{x}" y1="{TOP - 8}" y2="{height - ROW}" stroke="{colour}"/>'


def _bar(name: str, left: float, right: float, took: float, top: int) -> Iterator[str]:
    depth = min(name.count("."), len(BY_DEPTH) - 1)
    label = "· " * depth + name.rpartition(".")[2]
    bar = f'x="{left}" y="{top}" width="{max(1.0, right - left):.1f}" height="{ROW - 6}"'
    yield f'<text x="{LABELS - 8}" y="{top + 11}" class="label">{escape(label)}</text>'
    yield f'<rect {bar} fill="{BY_DEPTH[depth]}"/>'
    yield f'<text x="{right + 5:.1f}" y="{top + 11}">{took:.2f}</text>'


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("numbers", type=Path)
    parser.add_argument("picture", type=Path)
    asked = parser.parse_args()
    asked.picture.write_text(draw(json.loads(asked.numbers.read_text())), encoding="utf-8")


if __name__ == "__main__":
    main()
