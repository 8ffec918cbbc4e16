"""The state of a CloudWatch alarm, by the rules of its User Guide.

"Alarm evaluation", "Configuring how CloudWatch alarms treat missing data", "Using math expressions
with CloudWatch metrics", "CloudWatch statistics definitions". Only what alarms of a template use.
"""

from __future__ import annotations

import ast
import operator
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from laptop_cloud.metrics import Sample

    Alarm = Mapping[str, Any]

# CloudWatch reads more periods than EvaluationPeriods: its guide's example reads five for three.
EXTRA_PERIODS = 2
QUERY = re.compile(r'SELECT SUM\((\S+)\) FROM SCHEMA\("(\S+)", (\w+)\)')
BREACHES: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
OPERATORS: Mapping[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
}


def state(alarm: Alarm, samples: Iterable[Sample], *, now: float, before: str) -> str:
    """OK, ALARM or INSUFFICIENT_DATA. `before` is the state so far."""
    periods = int(alarm["EvaluationPeriods"])
    needed = int(alarm.get("DatapointsToAlarm") or periods)
    breaching = BREACHES[alarm["ComparisonOperator"]]
    found = [
        None if value is None else breaching(value, float(alarm["Threshold"]))
        for value in values(alarm, samples, now, periods + EXTRA_PERIODS)
    ]  # the newest first
    real = [one for one in found if one is not None]
    treat = alarm.get("TreatMissingData") or "missing"
    if not real and treat in {"missing", "ignore"}:
        return "INSUFFICIENT_DATA" if treat == "missing" else before
    filled = real[:periods]
    if treat in {"breaching", "notBreaching"}:
        filled += [treat == "breaching"] * (periods - len(filled))
    if sum(filled) >= needed:
        return "ALARM"
    if len(filled) < periods and all(filled) and treat == "ignore":
        return before
    if len(filled) < periods and all(filled):  # "Avoiding premature transitions to alarm state"
        oldest = max(index for index, one in enumerate(found) if one is not None)
        return "ALARM" if oldest + 1 >= needed else before
    return "OK"


def values(alarm: Alarm, samples: Iterable[Sample], now: float, periods: int) -> list[float | None]:
    """What the alarm watches in each period, the newest first. None: no data."""
    samples = list(samples)
    if "MetricName" in alarm:
        return [
            statistic(alarm.get("ExtendedStatistic") or alarm["Statistic"], part)
            for part in split(matching(alarm, samples), now, int(alarm["Period"]), periods)
        ]
    series: dict[str, list[float | None]] = {}
    for query in alarm["Metrics"]:
        if "MetricStat" in query:
            about = query["MetricStat"]
            chosen = matching(about["Metric"], samples)
            parts = split(chosen, now, int(about["Period"]), periods)
            series[query["Id"]] = [statistic(about["Stat"], part) for part in parts]
    (watched,) = (one for one in alarm["Metrics"] if one.get("ReturnData", True))
    expression = watched["Expression"]
    if asked := QUERY.fullmatch(expression.strip()):
        metric, namespace, dimension = asked.groups()
        chosen = [
            one
            for one in samples
            if (one.namespace, one.metric) == (namespace, metric)
            and set(one.dimensions) == {dimension}
        ]
        parts = split(chosen, now, int(watched["Period"]), periods)
        return [statistic("Sum", part) for part in parts]
    tree = ast.parse(expression, mode="eval").body
    return [
        compute(tree, {name: one[index] for name, one in series.items()})
        for index in range(periods)
    ]


def matching(metric: Mapping[str, Any], samples: Iterable[Sample]) -> list[Sample]:
    """The samples of exactly these dimensions: CloudWatch does not add up others."""
    wanted = {one["Name"]: one["Value"] for one in metric.get("Dimensions") or ()}
    named = (metric["Namespace"], metric["MetricName"])
    return [
        one for one in samples if (one.namespace, one.metric) == named and one.dimensions == wanted
    ]


def split(samples: Sequence[Sample], now: float, period: int, count: int) -> list[list[float]]:
    parts: list[list[float]] = [[] for _ in range(count)]
    for one in samples:
        index = int((now - one.at) // period)
        if 0 <= index < count:
            parts[index].append(one.value)
    return parts


def statistic(name: str, found: Sequence[float]) -> float | None:
    if not found:
        return None
    if rank := re.fullmatch(r"PR\((\d*):(\d*)\)", name):  # percent of values in (n, m]
        low, high = (float(one) if one else None for one in rank.groups())
        inside = [
            one for one in found if (low is None or one > low) and (high is None or one <= high)
        ]
        return 100 * len(inside) / len(found)
    if name.startswith("p"):
        ordered = sorted(found)
        at = float(name[1:]) / 100 * (len(ordered) - 1)
        below, above = ordered[int(at)], ordered[min(int(at) + 1, len(ordered) - 1)]
        return below + (above - below) * (at % 1)
    known: dict[str, Callable[[], float]] = {
        "Sum": lambda: sum(found),
        "Average": lambda: sum(found) / len(found),
        "Maximum": lambda: max(found),
        "Minimum": lambda: min(found),
        "SampleCount": lambda: len(found),
    }
    return known[name]()


def compute(tree: ast.expr, given: Mapping[str, float | None]) -> Any:
    """Metric math for one period. Arithmetic on a period without data has none."""
    match tree:
        case ast.Constant(value=float() | int() as number):
            return number
        case ast.Name(id=name):
            return given[name]
        case ast.Call(func=ast.Name(id="FILL"), args=[of, other]):
            found = compute(of, given)
            return compute(other, given) if found is None else found
        case ast.Call(func=ast.Name(id="IF"), args=[condition, then, other]):
            holds = compute(condition, given)
            return None if holds is None else compute(then if holds else other, given)
        case (
            ast.BinOp(left=left, op=op, right=right)
            | ast.Compare(left=left, ops=[op], comparators=[right])
        ):
            sides = compute(left, given), compute(right, given)
            if None in sides or (isinstance(op, ast.Div) and not sides[1]):
                return None
            return OPERATORS[type(op)](*sides)
    raise ValueError(f"metric math that the laptop cloud does not know: {ast.unparse(tree)}")
