"""AWS's JSON protocol, for services that the extension adds."""

from __future__ import annotations

import json
from typing import Any

Response = tuple[int, dict[str, str], bytes]


class BadRequest(Exception):
    """A client error, with the service's type and message."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind

    def response(self) -> Response:
        return answer(400, {"__type": self.kind, "message": str(self)})


def operation(headers: dict[str, str]) -> str:
    return headers.get("x-amz-target", "").rpartition(".")[2]


def payload(body: bytes) -> dict[str, Any]:
    """The request's JSON; raises BadRequest."""
    try:
        found = json.loads(body or b"{}")
    except ValueError as error:
        raise BadRequest("SerializationException", "The request is not JSON.") from error
    if not isinstance(found, dict):
        raise BadRequest("SerializationException", "The request is not a JSON object.")
    return found


def answer(status: int, document: Any) -> Response:
    headers = {"Content-Type": "application/x-amz-json-1.1"}
    return status, headers, json.dumps(document).encode()
