"""The bar chart: a panel per measure, a bar per group, and a whisker for the interval."""

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from tests.bench.fairness.report import (
    EVERYONE,
    MEASURES,
    Groups,
    Measure,
    Value,
    by_group,
    text,
    value,
)
from tests.bench.fairness.steps import PersonResult

LABELS, BARS, NUMBERS = 300, 520, 220  # px, columns
ROW, BAR, MARGIN = 26, 16, 24
INK, GREY, LINE = "#1f2933", "#52606d", "#cbd2d9"
COLOURS = ("#7b8794", "#2f6f9f", "#c0662b", "#4c8c4a", "#8a5aa8", "#a8323e")  # by grouping


def draw_chart(results: Sequence[PersonResult], groups: Groups) -> Image.Image:
    sets = by_group(results, groups)
    rows = sum(map(len, sets.values()))
    panel = ROW * (rows + 2)
    width = 2 * MARGIN + LABELS + BARS + NUMBERS
    image = Image.new("RGB", (width, 3 * MARGIN + 2 * ROW + panel * len(MEASURES)), "white")
    pen = ImageDraw.Draw(image)
    pen.text((MARGIN, MARGIN), f"Fairness: {len(results)} people", INK, _font(22))
    note = "Whiskers: 95 % interval. Where they overlap, groups may not differ."
    pen.text((MARGIN, MARGIN + ROW), note, GREY, _font(14))
    top = MARGIN * 2 + 2 * ROW
    for measure in MEASURES:
        pen.text((MARGIN, top), f"{measure.name}, {measure.unit}", INK, _font(16))
        y = top + ROW
        found = {key: value(measure, people) for key, people in _people(sets)}
        low, high = _range(measure, list(found.values()))
        for (grouping, group), one in found.items():
            colour = COLOURS[list(sets).index(grouping) % len(COLOURS)]
            name = EVERYONE if grouping == EVERYONE else f"{grouping}: {group}"
            label = f"{_short(name)} ({one.people})"
            _draw_bar(pen, y, label, one, measure, (low, high), colour)
            y += ROW
        top += panel
    return image


def _people(
    sets: dict[str, dict[str, list[PersonResult]]],
) -> list[tuple[tuple[str, str], list[PersonResult]]]:
    return [
        ((grouping, group), people)
        for grouping, named in sets.items()
        for group, people in named.items()
    ]


def _range(measure: Measure, found: Sequence[Value]) -> tuple[float, float]:
    if measure.unit == "%":
        return 0.0, 1.0
    if measure.unit == "0-100":
        return 0.0, 100.0
    ends = [abs(end) for one in found for end in one[1:] if end is not None]
    return -max([10.0, *ends]), max([10.0, *ends])


def _draw_bar(
    pen: ImageDraw.ImageDraw,
    y: int,
    name: str,
    found: Value,
    measure: Measure,
    ends: tuple[float, float],
    colour: str,
) -> None:
    low, high = ends

    def x(at: float) -> float:
        return MARGIN + LABELS + (at - low) / (high - low) * BARS

    middle = y + BAR / 2
    pen.text((MARGIN + LABELS - 10, middle), name, GREY, _font(14), anchor="rm")
    pen.line((x(low), middle, x(high), middle), LINE)
    zero = x(max(low, 0.0))
    pen.line((zero, y - 4, zero, y + BAR + 4), GREY)
    shown = text(found, measure.unit)
    pen.text((x(high) + 12, middle), shown, INK, _font(14), anchor="lm")
    if found.value is None:
        return
    left, right = sorted((zero, x(found.value)))
    pen.rectangle((left, y, right, y + BAR), colour)
    if found.low is not None and found.high is not None:
        pen.line((x(found.low), middle, x(found.high), middle), INK, 2)
        for end in (found.low, found.high):
            pen.line((x(end), middle - 5, x(end), middle + 5), INK, 2)


def _short(name: str, limit: int = 34) -> str:
    return name if len(name) <= limit else f"{name[: limit - 1]}…"


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
