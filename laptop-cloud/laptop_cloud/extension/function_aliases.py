"""Gap: an alias routes invocations by weight and has its own settings for events.

"Configuring a weighted alias" and "Lambda function versions" (Lambda Developer Guide): the share of
RoutingConfig goes to its version, the rest to FunctionVersion; an EventInvokeConfig belongs to one
qualifier.
"""

from __future__ import annotations

import random
from contextvars import ContextVar
from typing import Any

from ministack.services import lambda_svc

Function = dict[str, Any]

_effective = lambda_svc._effective_func_record_for_qualifier
_invoke = lambda_svc._invoke
_invoked_as: ContextVar[str] = ContextVar("invoked_as", default="")


def install() -> None:
    lambda_svc._effective_func_record_for_qualifier = effective
    lambda_svc._invoke = invoke


def choose(alias: dict[str, Any]) -> str:
    """The version for one invocation of an alias."""
    weights = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    drawn = random.random()  # noqa: S311  a share of invocations, no secret
    for version, weight in weights.items():
        drawn -= float(weight)
        if drawn < 0:
            return str(version)
    return str(alias["FunctionVersion"])


def effective(function: Function | None, qualifier: str | None) -> tuple[Any, Any]:
    """The record and the configuration that run; its ARN has the alias, as the context's has."""
    alias = (function or {}).get("aliases", {}).get(qualifier)
    if function is None or alias is None:
        found: tuple[Any, Any] = _effective(function, qualifier)
        return found
    record, config = _effective(function, choose(alias))
    if record is None:
        return None, None
    config = {**config, "FunctionArn": alias["AliasArn"]}
    return {**record, "config": config}, config


async def invoke(
    name: str,
    event: Any,
    headers: dict[str, str],
    path_qualifier: str | None = None,
    query: dict[str, Any] | None = None,
) -> Any:
    qualifier = lambda_svc._qualifier_from_path_or_query(path_qualifier, query) or ""
    alias = (lambda_svc._functions.get(name) or {}).get("aliases", {}).get(qualifier)
    version = choose(alias) if alias else None
    if alias is None or version == alias["FunctionVersion"]:
        return await _invoke(name, event, headers, path_qualifier, query)
    token = _invoked_as.set(qualifier)
    try:
        return await _invoke(name, event, headers, version, {})
    finally:
        _invoked_as.reset(token)


def event_settings(config: dict[str, Any]) -> dict[str, Any]:
    """The EventInvokeConfig of the qualifier that was invoked."""
    function = lambda_svc._functions.get(config["FunctionName"]) or {}
    settings = function.get("event_invoke_configs") or {}
    parts = config["FunctionArn"].split(":")
    qualifier = _invoked_as.get() or (parts[7] if len(parts) > 7 else "$LATEST")
    found: dict[str, Any] = settings.get(qualifier) or {}
    if qualifier == "$LATEST":
        found = found or settings.get("") or {}
    return found
