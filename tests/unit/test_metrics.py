"""A metric is one line of CloudWatch's embedded metric format."""

import json

import pytest

from likeness.adapters.metrics import EmfMetrics


@pytest.mark.parametrize("value", [1, 3])
def test_a_count_is_written_immediately(capsys, value):
    EmfMetrics().count("UnknownModerationFinding", value)

    line = json.loads(capsys.readouterr().out)
    metric = line["_aws"]["CloudWatchMetrics"][0]
    assert metric["Namespace"] == "Likeness"
    assert metric["Metrics"] == [{"Name": "UnknownModerationFinding", "Unit": "Count"}]
    assert line["UnknownModerationFinding"] == [value]
