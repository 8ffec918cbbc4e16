"""An alarm has the state that CloudWatch would give it."""

from __future__ import annotations

from typing import Any

import pytest

from laptop_cloud.alarm_rules import state, statistic
from laptop_cloud.metrics import Sample

NOW = 1_000_000.0
THRESHOLD = {"Threshold": 5, "ComparisonOperator": "GreaterThanThreshold"}
ONE = {
    **THRESHOLD,
    "Namespace": "Shop",
    "MetricName": "Orders",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 3,
}


def sample(ago: float, value: float, metric: str = "Orders", **dimensions: str) -> Sample:
    return Sample("Shop", metric, value, NOW - ago, dimensions)


def drawn(row: str) -> list[Sample]:
    """A row of the guide's tables: X breaches, 0 does not, - is missing; the newest is last."""
    values = {"X": 10.0, "0": 0.0}
    return [
        sample(30 + 60 * index, values[one])
        for index, one in enumerate(reversed(row.split()))
        if one in values
    ]


# "Configuring how CloudWatch alarms treat missing data": for missing, ignore, breaching and
# notBreaching, with 3 of 3 and with 2 of 3 periods. OLD is the state so far.
OLD = "the state so far"
THREE_OF_THREE = {
    "0 - X - X": ("OK", "OK", "OK", "OK"),
    "0 X X - X": ("ALARM", "ALARM", "ALARM", "ALARM"),
    "- - - - 0": ("OK", "OK", "OK", "OK"),
    "- - - - -": ("INSUFFICIENT_DATA", OLD, "ALARM", "OK"),
    "- - X - -": ("ALARM", OLD, "ALARM", "OK"),
}
TWO_OF_THREE = {
    "0 - X - X": ("ALARM", "ALARM", "ALARM", "ALARM"),
    "0 0 X 0 X": ("ALARM", "ALARM", "ALARM", "ALARM"),
    "0 - X - -": ("OK", "OK", "ALARM", "OK"),
    "- - - - 0": ("OK", "OK", "ALARM", "OK"),
    "- - - X -": ("ALARM", OLD, "ALARM", "OK"),
}


@pytest.mark.parametrize(
    ("needed", "row", "expected"),
    [(3, *one) for one in THREE_OF_THREE.items()] + [(2, *one) for one in TWO_OF_THREE.items()],
)
def test_missing_data_are_treated_as_the_guide_says(
    needed: int, row: str, expected: tuple[str, ...]
) -> None:
    found = tuple(
        state(
            {**ONE, "DatapointsToAlarm": needed, "TreatMissingData": treat},
            drawn(row),
            now=NOW,
            before=OLD,
        )
        for treat in ("missing", "ignore", "breaching", "notBreaching")
    )

    assert found == expected


def test_only_the_alarms_own_dimensions_count() -> None:
    alarm = {**ONE, "EvaluationPeriods": 1, "Dimensions": [{"Name": "Shop", "Value": "a"}]}
    theirs = [sample(1, 10), sample(1, 10, Shop="b"), sample(1, 10, Shop="a", Till="1")]

    assert state(alarm, theirs, now=NOW, before=OLD) == "INSUFFICIENT_DATA"
    assert state(alarm, [*theirs, sample(1, 10, Shop="a")], now=NOW, before=OLD) == "ALARM"


def metric(name: str, metric_name: str) -> dict[str, Any]:
    about = {"Namespace": "Shop", "MetricName": metric_name}
    return {
        "Id": name,
        "ReturnData": False,
        "MetricStat": {"Metric": about, "Period": 60, "Stat": "Sum"},
    }


def math(expression: str) -> dict[str, Any]:
    queries = [metric("bad", "Refused"), metric("all", "Orders")]
    watched = {"Id": "share", "Expression": expression}
    return {**THRESHOLD, "EvaluationPeriods": 1, "Metrics": [*queries, watched]}


@pytest.mark.parametrize(
    ("expression", "refused", "expected"),
    [
        ("100 * bad / all", 10, "ALARM"),
        ("100 * bad / all", 1, "OK"),
        ("100 * FILL(bad, 0) / all", None, "OK"),
        ("100 * bad / all", None, "INSUFFICIENT_DATA"),
        ("IF(bad >= 20, 100 * bad / all, 0)", 10, "OK"),
        ("IF(all >= 20, 100 * bad / all, 0)", 10, "ALARM"),
        ("FILL(bad, 0) + all - 90", None, "ALARM"),
    ],
)
def test_metric_math_is_computed_for_each_period(
    expression: str, refused: float | None, expected: str
) -> None:
    found = [sample(1, 100)] + ([] if refused is None else [sample(1, refused, "Refused")])

    assert state(math(expression), found, now=NOW, before=OLD) == expected


def test_unknown_metric_math_is_refused() -> None:
    with pytest.raises(ValueError, match="ANOMALY_DETECTION_BAND"):
        state(math("ANOMALY_DETECTION_BAND(all)"), [sample(1, 1)], now=NOW, before=OLD)


def test_a_query_adds_up_all_values_of_its_dimension() -> None:
    query = 'SELECT SUM(Orders) FROM SCHEMA("Shop", Till)'
    watched = {"Id": "orders", "Expression": query, "Period": 60}
    alarm = {**THRESHOLD, "EvaluationPeriods": 1, "Metrics": [watched]}
    tills = [sample(1, 3, Till="1"), sample(1, 3, Till="2")]

    assert state(alarm, tills, now=NOW, before=OLD) == "ALARM"
    assert state(alarm, [*tills[:1], sample(1, 3, Shop="a")], now=NOW, before=OLD) == "OK"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Sum", 10), ("Average", 2.5), ("Maximum", 4), ("Minimum", 1), ("SampleCount", 4)]
    + [("p50", 2.5), ("p100", 4), ("PR(:2)", 50), ("PR(2:)", 50), ("PR(1:3)", 50)],
)
def test_statistics(name: str, expected: float) -> None:
    assert statistic(name, [1, 2, 3, 4]) == expected
