"""The alarms of the template, and whether they go off, by CloudWatch's rules.

A test that causes a fault asserts `goes_off("its-alarm", world.metrics)`.
tests/infra/test_alarms.py fails for an alarm that no test sets off.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from laptop_cloud.alarm_rules import state
from laptop_cloud.metrics import Sample
from tests.infra.stacks import deployed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.fakes import FakeMetrics

KIND = "AWS::CloudWatch::Alarm"
NAMESPACE = "Likeness/STAGE"
STAGE = "likeness-STAGE-"
NOW = 1_000_000.0


@cache
def alarms() -> dict[str, dict[str, Any]]:
    """Resolved properties by name, without the stage. An alarm that only scales has no name."""
    found = (
        stack.resolve(resource["Properties"])
        for stack in deployed()
        for resource in stack.resources.values()
        if resource["Type"] == KIND
    )
    return {
        one["AlarmName"].removeprefix(STAGE).removesuffix("-Release"): one
        for one in found
        if "AlarmName" in one
    }


def goes_off(name: str, metrics: FakeMetrics, *, times: int = 1) -> bool:
    """Whether the alarm goes off if what was counted happens so often in each of its periods."""
    published = {**metrics.measured, **{one: [n] for one, n in metrics.counted.items()}}
    return after(name, [(NAMESPACE, one, {}, n * times) for one, n in published.items()]) == "ALARM"


Published = tuple[str, str, "Mapping[str, str]", "list[float]"]


def after(name: str, published: Iterable[Published]) -> str:
    """The alarm's state after that was published in each of its periods."""
    alarm = alarms()[name]
    stats = [one["MetricStat"] for one in alarm.get("Metrics", []) if "MetricStat" in one]
    given = (alarm.get("Period"), *(one["Period"] for one in stats))
    period = next(one for one in (*given, *queried(alarm)) if one)
    samples = [
        Sample(namespace, metric, value, NOW - period * index - 1, dimensions)
        for index in range(int(alarm["EvaluationPeriods"]))
        for namespace, metric, dimensions, values in published
        for value in values
    ]
    return state(alarm, samples, now=NOW, before="OK")


def queried(alarm: dict[str, Any]) -> list[int]:
    return [one["Period"] for one in alarm.get("Metrics", []) if "Period" in one]
