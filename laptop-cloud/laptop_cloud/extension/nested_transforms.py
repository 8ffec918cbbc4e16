"""Gap: the transforms of a nested stack's template, as for a stack of its own."""

from __future__ import annotations

from typing import Any

from ministack.services.cloudformation import engine

_parse_template = engine._parse_template


def install() -> None:
    # The deployment of a nested stack looks this function up when it runs. The handlers of other
    # stacks imported it before, and apply the transforms themselves.
    engine._parse_template = parse


def parse(body: str) -> dict[str, Any]:
    """The template after its transforms; raises ValueError if one of them fails."""
    template: dict[str, Any] = engine._apply_transforms(_parse_template(body))
    if isinstance(template, engine._TransformFailed):
        raise ValueError(template.error)
    return template
