"""Gap: an alarm has CloudWatch's rules, and a template may give it metric math.

Alarms are evaluated when their metric gets data from PutMetricData or a function's log, and when
they are described; CloudWatch also evaluates them every minute.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ministack.services import cloudwatch
from ministack.services.cloudformation import provisioners

from laptop_cloud.alarm_rules import state, statistic
from laptop_cloud.metrics import Sample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from laptop_cloud.extension.provisioning import Properties

LONGEST_S = 7 * 86400  # EvaluationPeriods times Period is at most that (PutMetricAlarm)
OF_ONE_METRIC = ("MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Period")

_record = provisioners._cw_metric_alarm_record
_describe = cloudwatch._describe_alarms
_is_percentile = cloudwatch._is_percentile_stat
_stat_value = cloudwatch._stat_value


def install() -> None:
    provisioners._cw_metric_alarm_record = record
    cloudwatch._evaluate_alarm = evaluate
    cloudwatch._describe_alarms = describe
    cloudwatch._is_percentile_stat = is_extended
    cloudwatch._stat_value = stat_value


def record(name: str, properties: Properties) -> dict[str, Any]:
    """The alarm of a template. One with Metrics has no metric of its own."""
    if not properties.get("Metrics"):
        found: dict[str, Any] = _record(name, properties)
        return found
    given = {one: value for one, value in properties.items() if one != "Metrics"}
    alarm: dict[str, Any] = _record(name, {**given, "MetricName": "-", "Namespace": "-"})
    for one in (*OF_ONE_METRIC, "Dimensions", "Unit"):
        alarm.pop(one)
    alarm["Metrics"] = [query(one) for one in properties["Metrics"]]
    return alarm


def query(given: dict[str, Any]) -> dict[str, Any]:
    """A MetricDataQuery with the types of its members."""
    found = dict(given)
    if "ReturnData" in found:
        found["ReturnData"] = str(found["ReturnData"]).lower() == "true"
    if "Period" in found:
        found["Period"] = int(found["Period"])
    if "MetricStat" in found:
        about = found["MetricStat"]
        found["MetricStat"] = {**about, "Period": int(about["Period"])}
    return found


def samples(namespaces: set[str]) -> Iterator[Sample]:
    oldest = time.time() - LONGEST_S
    for (namespace, metric, _), points in list(cloudwatch._metrics.items()):
        if namespace in namespaces:
            for point in list(points):
                if point["Timestamp"] >= oldest:
                    for _ in range(int(point.get("Count", 1))):
                        yield Sample(
                            namespace,
                            metric,
                            point["Value"],
                            point["Timestamp"],
                            point["Dimensions"],
                        )


def namespaces(alarm: dict[str, Any]) -> set[str]:
    if "MetricName" in alarm:
        return {alarm["Namespace"]}
    text = " ".join(one.get("Expression", "") for one in alarm["Metrics"])
    named = {
        one["MetricStat"]["Metric"]["Namespace"] for one in alarm["Metrics"] if "MetricStat" in one
    }
    return named | set(text.split('"')[1::2])


def evaluate(alarm: dict[str, Any]) -> None:
    before = alarm["StateValue"]
    after = state(alarm, samples(namespaces(alarm)), now=time.time(), before=before)
    if after == before:
        return
    reason = f"{alarm['EvaluationPeriods']} periods were evaluated"
    alarm.update(StateValue=after, StateReason=reason, StateUpdatedTimestamp=int(time.time()))
    cloudwatch._record_history(alarm["AlarmName"], before, after, reason)
    cloudwatch._dispatch_alarm_actions(alarm, before, after, reason)
    cloudwatch._evaluate_parent_alarms(alarm)


def describe(*args: Any, **kwargs: Any) -> Any:
    cloudwatch._evaluate_all_alarms()
    return _describe(*args, **kwargs)


def is_extended(name: str) -> bool:
    return name.startswith("PR(") or bool(_is_percentile(name))


def stat_value(found: Any, name: str, points: Any = None) -> Any:
    """Also the percentile rank, "CloudWatch statistics definitions"."""
    if name.startswith("PR("):
        return statistic(name, [one["Value"] for one in points or ()])
    return _stat_value(found, name, points)


def published(namespace: str) -> None:
    """Evaluate the alarms of a namespace that got data."""
    for alarm in list(cloudwatch._alarms.values()):
        if namespace in namespaces(alarm):
            evaluate(alarm)
