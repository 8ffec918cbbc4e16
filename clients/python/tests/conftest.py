"""A fake HTTP: it stores requests and returns the given responses, in order."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from likeness_client import Credentials, Likeness


@dataclass
class Response:
    status: int
    data: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Request:
    method: str
    url: str
    body: bytes | None
    headers: dict[str, str]


@dataclass
class FakeHttp:
    responses: list[Response | Exception] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    def request(self, method, url, *, body=None, headers=None):
        self.requests.append(Request(method, url, body, dict(headers or {})))
        response = self.responses.pop(0)
        if isinstance(response, Exception):
            raise response
        return response

    def will_return(self, status: int, body: Any = None, **headers: str) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.responses.append(Response(status, data, named))


@pytest.fixture
def http() -> FakeHttp:
    return FakeHttp()


@pytest.fixture
def client(http) -> Likeness:
    return Likeness("http://api/", "eu-central-1", Credentials("id", "secret", "token"), http=http)


@pytest.fixture
def waits(monkeypatch) -> list[float]:
    """The seconds that the client would have slept; its clock moves by as much."""
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    monkeypatch.setattr("time.monotonic", lambda: sum(slept))
    return slept
