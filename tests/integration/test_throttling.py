"""Throttled calls are counted, also those that succeed when they are retried."""

import pytest

from likeness.adapters.throttling import count_throttles
from tests.alarms import goes_off
from tests.fakes import FakeMetrics
from tests.integration.aws_responses import kms


@pytest.fixture
def metrics(monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _: None)
    return FakeMetrics()


def test_a_throttled_call_that_is_retried_is_counted_and_named_in_the_log(metrics, caplog):
    count_throttles(kms("ThrottlingException", "ThrottlingException"), metrics).list_keys()

    assert metrics.counted == {"Throttled": 2}
    assert {vars(one)["operation"] for one in caplog.records} == {"kms:ListKeys"}
    assert goes_off("throttled", metrics, times=25)
    assert not goes_off("throttled", metrics, times=24)


def test_another_error_is_not(metrics):
    client = count_throttles(kms("NotFoundException"), metrics)

    with pytest.raises(client.exceptions.NotFoundException):
        client.list_keys()

    assert not metrics.counted
