"""The pipeline, ready to run on moto, with steps whose results a test sets."""

from __future__ import annotations

import time
from functools import cache
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser

from tests.workflow.machine import REGION, Machine

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session", autouse=True)
def parsed_once() -> Iterator[None]:
    """moto parses a definition when it is created and at each start, half a second each time.

    The program that it makes of it has no state: an execution's is in its environment.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AmazonStateLanguageParser, "parse", cache(AmazonStateLanguageParser.parse))
        yield


@pytest.fixture(scope="session")
def session() -> boto3.Session:
    """One session for all tests: it caches the services' models, which are slow to load."""
    return boto3.Session("testing", "testing", region_name=REGION)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, session: boto3.Session) -> Iterator[Machine]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        found = Machine(session.client("stepfunctions"))
        monkeypatch.setattr(lambda_eval_utils, "_invoke_lambda_function", found.invoke)
        monkeypatch.setattr("time.sleep", _briefly)
        yield found


_sleep = time.sleep


def _briefly(seconds: float) -> None:
    _sleep(min(seconds, 0.02))
