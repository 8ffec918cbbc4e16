"""The pipeline, ready to run on moto, with steps whose results a test sets."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils

from tests.workflow.machine import REGION, Machine

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        found = Machine(boto3.client("stepfunctions", REGION))
        monkeypatch.setattr(lambda_eval_utils, "_invoke_lambda_function", found.invoke)
        monkeypatch.setattr("time.sleep", _briefly)
        yield found


_sleep = time.sleep


def _briefly(seconds: float) -> None:
    _sleep(min(seconds, 0.02))
