"""Log lines that SageMaker's MetricDefinitions match."""

import logging
import re

import pytest

from likeness.contracts.container import METRIC_DEFINITIONS, METRICS
from likeness_model import metrics


@pytest.mark.parametrize("value", [0, 30, 12.345, 1e-7, -2.5])
@pytest.mark.parametrize("name", METRICS)
def test_each_metric_matches_its_own_definition_only(name, value, caplog):
    with caplog.at_level(logging.INFO):
        metrics.report(**{name: value})

    found = {
        definition["Name"]: match[1]
        for definition in METRIC_DEFINITIONS
        if (match := re.search(definition["Regex"], caplog.messages[-1]))
    }
    assert {name: float(text) for name, text in found.items()} == {
        f"likeness:{name}": pytest.approx(value)
    }


def test_several_numbers_are_logged_in_one_line(caplog):
    with caplog.at_level(logging.INFO):
        metrics.report(step=100, train_loss=0.25)

    assert caplog.messages == ["step=100; train_loss=0.25;"]


def test_a_number_without_a_definition_raises_an_error():
    with pytest.raises(ValueError, match="hair"):
        metrics.report(hair=1)
