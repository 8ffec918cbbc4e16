"""Shares and medians by group, with intervals, as JSON and Markdown.

A person is one observation: photos and avatars of one person are not independent. A share over
photos or avatars is the mean of the people's shares.
"""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import fmean, median
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

    from tests.bench.fairness.steps import PersonResult

Z = 1.96  # 95 %
EVERYONE = "all"
Groups = Mapping[str, Mapping[str, str]]  # grouping to person to group


class Value(NamedTuple):
    """A value of a group of n people, with its 95 % interval; None: too few people for one."""

    people: int
    value: float | None
    low: float | None = None
    high: float | None = None


class Measure(NamedTuple):
    """`of` is None for a person who does not count. A share is 0 to 1."""

    name: str
    unit: str  # "%": a share
    of: Callable[[PersonResult], float | None]


def _share(part: Callable[[PersonResult], float]) -> Callable[[PersonResult], float | None]:
    return lambda person: part(person) if person.submitted else None


def _of_avatars(part: Callable[[PersonResult], float]) -> Callable[[PersonResult], float | None]:
    return lambda person: part(person) / person.avatars if person.avatars else None


MEASURES = (
    Measure("photos refused at upload", "%", lambda p: sum(p.refused_photos.values()) / p.photos),
    Measure("people who cannot submit", "%", lambda p: float(not p.submitted)),
    Measure("jobs to a moderator", "%", _share(lambda p: p.end == "doubtful")),
    Measure("jobs refused", "%", _share(lambda p: p.end == "refused")),
    Measure("photos left out", "%", _share(lambda p: sum(p.left_out.values()) / p.photos)),
    Measure("avatars redrawn", "%", _of_avatars(lambda p: p.redrawn)),
    Measure("avatars missing", "%", _of_avatars(lambda p: p.avatars - p.delivered)),
    Measure("likeness", "0-100", lambda p: median(p.likeness) if p.likeness else None),
    Measure("tone shift", "° ITA", lambda p: median(p.tone_shift) if p.tone_shift else None),
)
REASONS: Mapping[str, Callable[[PersonResult], Mapping[str, int]]] = {
    "photo refused at upload": lambda p: p.refused_photos,
    "to a moderator": lambda p: p.doubts,
    "job refused": lambda p: p.refusals,
    "photo left out": lambda p: p.left_out,
    "avatar redrawn": lambda p: p.redraws,
}


def read_groups(table: Path, people: Iterable[str]) -> Groups:
    """Raises ValueError unless each person has one row, with a group in each column."""
    with table.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    columns = [name for name in rows[0] if name != "person"] if rows else []
    if not columns or "person" not in rows[0]:
        raise ValueError(f"{table} needs a column person and at least one more, and rows")
    if EVERYONE in columns:
        raise ValueError(f"{table}: name the column {EVERYONE} otherwise")
    counted = Counter(row["person"] for row in rows)
    if twice := sorted(person for person, count in counted.items() if count > 1):
        raise ValueError(f"{table} has more than one row for {', '.join(twice)}")
    if differ := sorted(set(counted) ^ set(people)):
        raise ValueError(f"without a row in {table}, or without a folder: {', '.join(differ)}")
    if gaps := sorted(row["person"] for row in rows if not all(row.get(c) for c in columns)):
        raise ValueError(f"{table} has no group for {', '.join(gaps)}")
    return {column: {row["person"]: row[column] for row in rows} for column in columns}


def by_group(
    results: Sequence[PersonResult], groups: Groups
) -> dict[str, dict[str, list[PersonResult]]]:
    """Grouping to group to people. The first grouping has everyone."""
    sets: dict[str, dict[str, list[PersonResult]]] = {EVERYONE: {EVERYONE: list(results)}}
    for grouping, group_of in groups.items():
        sets[grouping] = {
            group: [one for one in results if group_of[one.person] == group]
            for group in sorted(set(group_of.values()))
        }
    return sets


def value(measure: Measure, people: Iterable[PersonResult]) -> Value:
    found = [one for person in people if (one := measure.of(person)) is not None]
    if not found:
        return Value(0, None)
    if measure.unit == "%":
        return Value(len(found), fmean(found), *wilson(fmean(found), len(found)))
    return Value(len(found), median(found), *median_interval(found))


def wilson(share: float, people: int) -> tuple[float, float]:
    """The score interval of a share (Wilson 1927, "Probable Inference").

    Of shares between 0 and 1 for each person it is wide enough too: their variance is at most
    share * (1 - share).
    """
    z = Z * Z / people
    middle = (share + z / 2) / (1 + z)
    half = Z / (1 + z) * math.sqrt(share * (1 - share) / people + z / (4 * people))
    return max(0.0, middle - half), min(1.0, middle + half)


def median_interval(values: Sequence[float]) -> tuple[float | None, float | None]:
    """The narrowest pair of order statistics, symmetric, that holds the median with 95 %.

    Of any distribution (David and Nagaraja, "Order Statistics", 7.1). There is none below 6 values.
    """
    ordered, count = sorted(values), len(values)
    outside, rank = 0.5**count, 0  # probability that the median is below the lowest
    if outside > 0.025:
        return None, None
    while (more := outside + math.comb(count, rank + 1) * 0.5**count) <= 0.025:
        outside, rank = more, rank + 1
    return ordered[rank], ordered[count - 1 - rank]


def markdown(results: Sequence[PersonResult], groups: Groups) -> str:
    lines = [
        "A value in brackets is the 95 % interval. Groups whose intervals overlap may not differ.",
        "",
    ]
    for grouping, sets in by_group(results, groups).items():
        names = [f"{group} ({len(people)})" for group, people in sets.items()]
        lines += [f"## By {grouping}" if grouping != EVERYONE else "## All people", ""]
        lines += [_row("measure", names), _row("---", ["---"] * len(names))]
        for measure in MEASURES:
            cells = [text(value(measure, people), measure.unit) for people in sets.values()]
            lines.append(_row(f"{measure.name}, {measure.unit}", cells))
        for heading, reasons_of in REASONS.items():
            cells = [_reasons(map(reasons_of, people)) for people in sets.values()]
            lines.append(_row(heading, cells))
        lines.append("")
    return "\n".join(lines)


def report(results: Sequence[PersonResult], groups: Groups) -> dict[str, object]:
    return {
        "people": [one.model_dump() for one in results],
        "groupings": {
            grouping: {
                group: {
                    "people": len(people),
                    **{each.name: value(each, people)._asdict() for each in MEASURES},
                    "reasons": {
                        heading: dict(_counted(map(reasons_of, people)))
                        for heading, reasons_of in REASONS.items()
                    },
                }
                for group, people in sets.items()
            }
            for grouping, sets in by_group(results, groups).items()
        },
    }


def text(found: Value, unit: str) -> str:
    if found.value is None:
        return "-"
    if found.low is None or found.high is None:
        return _number(found.value, unit)
    low, high = _number(found.low, unit), _number(found.high, unit)
    return f"{_number(found.value, unit)} [{low} to {high}]"


def _number(value: float, unit: str) -> str:
    if unit.endswith("ITA"):
        return f"{round(value, 1) + 0.0:+.1f}"  # + 0.0: no "-0.0"
    return f"{100 * value if unit == '%' else value:.0f}"


def _reasons(counts: Iterable[Mapping[str, int]]) -> str:
    return ", ".join(f"{reason}: {n}" for reason, n in _counted(counts).most_common()) or "-"


def _counted(counts: Iterable[Mapping[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for each in counts:
        total.update(each)
    return total


def _row(first: str, cells: Iterable[str]) -> str:
    return f"| {' | '.join([first, *cells])} |"
