"""The lines of a log that are metrics."""

from __future__ import annotations

import json
from typing import Any

from laptop_cloud.metrics import Sample, read


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
