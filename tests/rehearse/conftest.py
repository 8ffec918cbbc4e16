"""Clients whose responses botocore checks against the service's model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.stub import Stubber

if TYPE_CHECKING:
    from collections.abc import Iterator

REGION = "eu-central-1"


class Aws:
    """`aws("sns")` is a client; `aws.will("sns", "publish", {...})` is its next response."""

    def __init__(self) -> None:
        self._session = boto3.Session(
            aws_access_key_id="a", aws_secret_access_key="b", region_name=REGION
        )
        self._clients: dict[str, Any] = {}
        self._stubs: dict[str, Stubber] = {}

    def __call__(self, service: str, **_: Any) -> Any:
        if service not in self._clients:
            make: Any = self._session.client
            self._clients[service] = made = make(service)
            self._stubs[service] = Stubber(made)
            self._stubs[service].activate()
        return self._clients[service]

    def will(
        self, service: str, call: str, response: dict[str, Any], asked: dict[str, Any] | None = None
    ) -> None:
        self(service)
        self._stubs[service].add_response(call, response, asked)

    def will_fail(self, service: str, call: str, code: str, message: str = "") -> None:
        self(service)
        self._stubs[service].add_client_error(call, code, message)

    def all_asked(self) -> None:
        for stub in self._stubs.values():
            stub.assert_no_pending_responses()


@pytest.fixture
def aws() -> Iterator[Aws]:
    made = Aws()
    yield made
    made.all_asked()
