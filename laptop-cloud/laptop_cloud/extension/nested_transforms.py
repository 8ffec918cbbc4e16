"""Gap: the transforms of a nested stack's template, as for a stack of its own."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from ministack.services.cloudformation import engine, provisioners

_parse_template = engine._parse_template
_deploy = provisioners._cfn_nested_stack_deploy
_provided: ContextVar[list[dict[str, str]]] = ContextVar("provided")


def install() -> None:
    # The deployment of a nested stack looks this function up when it runs. The handlers of other
    # stacks imported it before, and apply the transforms themselves.
    engine._parse_template = parse
    provisioners._cfn_nested_stack_deploy = deploy


def deploy(
    logical_id: str, properties: dict[str, Any], stack: str, **previous: Any
) -> tuple[str, dict[str, Any]]:
    given = properties.get("Parameters") or {}
    token = _provided.set([{"Key": name, "Value": str(one)} for name, one in given.items()])
    try:
        found: tuple[str, dict[str, Any]] = _deploy(logical_id, properties, stack, **previous)
    finally:
        _provided.reset(token)
    return found


def parse(body: str) -> dict[str, Any]:
    """The template after its transforms; raises ValueError if one of them fails."""
    template: dict[str, Any] = engine._apply_transforms(_parse_template(body), _provided.get([]))
    if isinstance(template, engine._TransformFailed):
        raise ValueError(template.error)
    return template
