"""Clients that make each call once: several properties are read by the same one."""

from __future__ import annotations

import json
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from laptop_cloud.clients import Clients


def once(clients: Clients) -> Clients:
    """For calls that only read. Errors are not kept."""
    return cache(lambda service: _Once(clients(service)))


class _Once:
    def __init__(self, client: Any) -> None:
        self._client = client
        self._answer = cache(self._ask)

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        if operation == "get_paginator":
            paginator: Callable[..., Any] = self._client.get_paginator
            return paginator
        return lambda **asked: self._answer(operation, json.dumps(asked, sort_keys=True))

    def _ask(self, operation: str, asked: str) -> Any:
        answer = getattr(self._client, operation)(**json.loads(asked))
        if operation == "get_object":
            content = answer["Body"].read()
            answer["Body"] = SimpleNamespace(read=lambda: content)  # a stream is read only once
        return answer
