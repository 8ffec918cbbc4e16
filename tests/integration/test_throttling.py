"""Throttled calls are counted, also those that succeed when they are retried."""

import json

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config

from likeness.adapters.throttling import count_throttles
from tests.alarms import rings
from tests.fakes import FakeMetrics


class Body:
    def __init__(self, content):
        self.stream = lambda **_: iter([content])


def client(codes, metrics):
    """A client whose calls get these errors, then a response."""
    found = boto3.client(
        "kms",
        region_name="eu-central-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 - of no account
        config=Config(retries={"mode": "adaptive", "total_max_attempts": 3}),
    )
    left = list(codes)

    def send(request, **_):
        code = left.pop(0) if left else None
        content = json.dumps({"__type": code, "message": "no"} if code else {"Keys": []})
        return AWSResponse(request.url, 400 if code else 200, {}, Body(content.encode()))

    found.meta.events.register("before-send.kms", send)
    return count_throttles(found, metrics)


@pytest.fixture
def metrics(monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _: None)
    return FakeMetrics()


def test_a_throttled_call_that_is_retried_is_counted_and_named_in_the_log(metrics, caplog):
    client(["ThrottlingException", "ThrottlingException"], metrics).list_keys()

    assert metrics.counted == {"Throttled": 2}
    assert {vars(one)["operation"] for one in caplog.records} == {"kms:ListKeys"}
    assert rings("throttled", metrics, times=25)
    assert not rings("throttled", metrics, times=24)


def test_another_error_is_not(metrics):
    kms = client(["NotFoundException"], metrics)

    with pytest.raises(kms.exceptions.NotFoundException):
        kms.list_keys()

    assert not metrics.counted
