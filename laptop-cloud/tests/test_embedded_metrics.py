"""The lines of a log that are metrics."""

from __future__ import annotations

import json
from typing import Any

import pytest

from laptop_cloud.metrics import Sample, matches, read


def line(**values: Any) -> str:
    names = [{"Name": name, "Unit": "Count"} for name in values if name != "Till"]
    directive = {"Namespace": "Shop", "Dimensions": [["Till"]], "Metrics": names}
    return json.dumps({"_aws": {"Timestamp": 1, "CloudWatchMetrics": [directive]}, **values})


def test_each_value_of_a_line_is_a_sample_with_its_dimensions() -> None:
    found = list(read(f"hello\n{line(Till='1', Orders=[2, 3], Refused=1)}\n", at=7))

    till = {"Till": "1"}
    assert found == [
        Sample("Shop", "Orders", 2, 7, till, "Count"),
        Sample("Shop", "Orders", 3, 7, till, "Count"),
        Sample("Shop", "Refused", 1, 7, till, "Count"),
    ]


def test_other_lines_are_no_metrics() -> None:
    assert list(read('{"_aws": 1}\n{"_aws"\n{"message": "\\"_aws\\""}\n', at=7)) == []


PATTERN = '{ $.kind = "A.*" || (($.type = "x" || $.type = "y") && $.record.status = "error") }'


@pytest.mark.parametrize(
    ("line", "counted"),
    [
        ('{"kind": "A.B"}', True),
        ('{"kind": "AB"}', False),
        ('{"type": "y", "record": {"status": "error"}}', True),
        ('{"type": "y", "record": {"status": "errors"}}', False),
        ('{"type": "z", "record": {"status": "error"}}', False),
        ('{"type": "x", "record": "error"}', False),
        ('{"kind": 1}', False),
        ('["A.B"]', False),
        ("A.B", False),
    ],
)
def test_a_metric_filter_counts_a_line_by_its_pattern(line: str, counted: bool) -> None:
    assert matches(PATTERN, line) is counted


@pytest.mark.parametrize("pattern", ["ERROR", "{ $.a > 3 }", '{ $.a = "b" $.c = "d" }'])
def test_a_pattern_that_is_not_known_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="known here"):
        matches(pattern, "{}")
