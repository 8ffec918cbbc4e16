"""Draws a stage's dashboard, from its own JSON and with the metrics of CloudWatch."""

from __future__ import annotations

import argparse
import ast
import json
import re
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.laptop.project import STACK, likeness
from infra.rehearse.places import Account
from laptop_cloud import cloud
from laptop_cloud.alarm_rules import compute

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Series = dict[datetime, float]

UNIT, ROW, GAP = 60, 34, 8  # px of a column, of a row, between widgets
LETTER = 6.4  # px, of the legend
COLOURS = ("#1f77b4", "#2ca02c", "#d62728", "#9467bd", "#ff7f0e", "#17becf", "#8c564b")
SEARCH = re.compile(
    r"SEARCH\('\{(?P<namespace>[^,]+),(?P<dimension>\w+)\} MetricName=\"(?P<metric>\w+)\""
)


class Reader:
    """Reads the series of a widget."""

    def __init__(self, client: Any, since: datetime, until: datetime, period: int) -> None:
        self._client = client
        self._since, self._until, self._period = since, until, period

    def widget(self, about: Mapping[str, Any]) -> dict[str, Series]:
        """What the widget shows, by label."""
        series: dict[str, Series] = {}
        labels: dict[str, str] = {}
        expressions: list[tuple[str, str]] = []
        for index, row in enumerate(about["metrics"]):
            options = row[-1] if isinstance(row[-1], dict) else {}
            name = str(options.get("id", f"m{index}"))
            if expression := options.get("expression"):
                expressions.append((expression, options.get("label", name)))
                continue
            path = [one for one in row if not isinstance(one, dict)]
            statistic = options.get("stat", about["stat"])
            series[name] = self.metric(path[0], path[1], path[2:], statistic)
            if options.get("visible", True):
                suffix = "" if statistic == about["stat"] == "Sum" else f" {statistic}"
                labels[name] = options.get("label", path[1] + suffix)
        shown = {labels[name]: found for name, found in series.items() if name in labels}
        for expression, label in expressions:
            if search := SEARCH.match(expression):
                shown |= self.search(**search.groupdict())
            else:
                shown[label] = computed(expression, series)
        return shown

    def metric(self, namespace: str, name: str, path: Sequence[str], statistic: str) -> Series:
        dimensions = [
            {"Name": one, "Value": value} for one, value in zip(path[::2], path[1::2], strict=True)
        ]
        kind = "Statistics" if statistic in {"Sum", "Maximum"} else "ExtendedStatistics"
        found = self._client.get_metric_statistics(
            Namespace=namespace,
            MetricName=name,
            Dimensions=dimensions,
            StartTime=self._since,
            EndTime=self._until,
            Period=self._period,
            **{kind: [statistic]},
        )["Datapoints"]
        return {
            one["Timestamp"]: one[statistic]
            if kind == "Statistics"
            else one["ExtendedStatistics"][statistic]
            for one in found
        }

    def search(self, namespace: str, dimension: str, metric: str) -> dict[str, Series]:
        pages = self._client.get_paginator("list_metrics").paginate(
            Namespace=namespace, MetricName=metric
        )
        names = {
            one["Dimensions"][0]["Value"]
            for page in pages
            for one in page["Metrics"]
            if [about["Name"] for about in one["Dimensions"]] == [dimension]
        }
        found = {one: self.metric(namespace, metric, (dimension, one), "Sum") for one in names}
        shown = {
            re.sub(r".*-([A-Za-z]+?)Functio.*", r"\1", one): series
            for one, series in found.items()
            if any(series.values())
        }
        return dict(sorted(shown.items()))


def computed(expression: str, series: Mapping[str, Series]) -> Series:
    tree = ast.parse(expression, mode="eval").body
    moments = sorted({moment for one in series.values() for moment in one})
    values = {
        moment: compute(tree, {name: one.get(moment) for name, one in series.items()})
        for moment in moments
    }
    return {moment: value for moment, value in values.items() if value is not None}


def drawn(widget: Mapping[str, Any], shown: Mapping[str, Series], span: tuple[float, float]) -> str:
    """One widget: title, lines with their last value, the objective, axes."""
    about = widget["properties"]
    x, y = widget["x"] * UNIT + GAP, widget["y"] * ROW + GAP
    width, height = widget["width"] * UNIT - GAP, widget["height"] * ROW - GAP
    left, top, right = 44, 30, width - 12
    legend = {label: label + summary(about, label, series) for label, series in shown.items()}
    step = 28 + LETTER * max(map(len, legend.values()), default=1)
    columns = max(1, int((width - 20) // step))
    bottom = height - 22 - 15 * -(-max(len(shown), 1) // columns)
    notes = [one["value"] for one in about.get("annotations", {}).get("horizontal", [])]
    axis = about["yAxis"]["left"]
    values = [value for one in shown.values() for value in one.values()]
    high = axis.get("max", max([*values, *notes], default=0) * 1.1 or 1)
    low = min([axis["min"], *values])

    def at(moment: float, value: float) -> str:
        across = (moment - span[0]) / (span[1] - span[0])
        down = (min(value, high) - low) / (high - low)
        return f"{left + across * (right - left):.1f},{bottom - down * (bottom - top):.1f}"

    parts = [
        f'<g transform="translate({x},{y})">',
        f'<rect width="{width}" height="{height}" rx="4" fill="#fff" stroke="#d5dbdb"/>',
        f'<text x="10" y="19" class="title">{escape(about["title"])}</text>',
    ]
    for value in (low, (low + high) / 2, high):
        line = at(span[0], value).split(",")[1]
        parts.append(f'<line x1="{left}" x2="{right}" y1="{line}" y2="{line}" stroke="#eaeded"/>')
        parts.append(f'<text x="{left - 5}" y="{line}" dy="4" class="axis">{number(value)}</text>')
    for value in notes:
        line = at(span[0], value).split(",")[1]
        parts.append(
            f'<line x1="{left}" x2="{right}" y1="{line}" y2="{line}" stroke="#d13212" '
            'stroke-dasharray="5 3"/>'
        )
    for index, (label, series) in enumerate(shown.items()):
        colour = COLOURS[index % len(COLOURS)]
        points = [at(moment.timestamp(), series[moment]) for moment in sorted(series)]
        if len(points) > 1:
            parts.append(
                f'<polyline points="{" ".join(points)}" fill="none" stroke="{colour}" '
                'stroke-width="1.6"/>'
            )
        for one in points:
            across, down = one.split(",")
            parts.append(f'<circle cx="{across}" cy="{down}" r="2.4" fill="{colour}"/>')
        row, column = divmod(index, columns)
        key_x, key_y = 10 + column * step, height - 8 - 15 * (-(-len(shown) // columns) - 1 - row)
        parts.append(f'<rect x="{key_x}" y="{key_y - 8}" width="9" height="9" fill="{colour}"/>')
        parts.append(f'<text x="{key_x + 13}" y="{key_y}">{escape(legend[label])}</text>')
    if not values:
        parts.append(f'<text x="{width / 2}" y="{height / 2}" class="none">no data</text>')
    return "".join([*parts, "</g>"])


def summary(about: Mapping[str, Any], label: str, series: Series) -> str:
    """The sum of a count, else the last value."""
    if not series:
        return ""
    counts = about["stat"] == "Sum" and " " not in label
    return f": {number(sum(series.values()) if counts else series[max(series)])}"


def number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


STYLE = (
    "text{font:11px sans-serif;fill:#16191f}.title{font-weight:bold;font-size:13px}"
    ".axis{text-anchor:end;fill:#687078;font-size:10px}.none{text-anchor:middle;fill:#aab7b8}"
)


def picture(body: Mapping[str, Any], reader: Reader, since: datetime, until: datetime) -> str:
    """The dashboard as SVG."""
    span = (since.timestamp(), until.timestamp())
    widgets = body["widgets"]
    width = 24 * UNIT + GAP
    height = max(one["y"] + one["height"] for one in widgets) * ROW + GAP
    parts = [drawn(one, reader.widget(one["properties"]), span) for one in widgets]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">'
        f'<style>{STYLE}</style><rect width="100%" height="100%" fill="#f2f3f3"/>'
        f"{''.join(parts)}</svg>\n"
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--stack", required=True)
    arguments.add_argument("--minutes", type=int, default=60)
    arguments.add_argument("--period", type=int, default=60, help="seconds, for every widget")
    arguments.add_argument("--out", type=Path, default=Path("dashboard.svg"))
    given = arguments.parse_args()
    if given.stack == STACK:
        running = cloud.running(likeness())
        client = running.act_as(running.ops_credentials())("cloudwatch")
    else:
        client = Account.of(given.stack).clients("cloudwatch")
    name = f"{given.stack}-{client.meta.region_name}"
    body = json.loads(client.get_dashboard(DashboardName=name)["DashboardBody"])
    until = datetime.now(UTC)
    since = until - timedelta(minutes=given.minutes)
    reader = Reader(client, since, until, given.period)
    given.out.write_text(picture(body, reader, since, until))


if __name__ == "__main__":
    main()
