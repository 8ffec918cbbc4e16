"""Gap: the SAM transform sees the values of a template's parameters.

SAM resolves references to parameters where it needs a value, such as AutoPublishCodeSha256.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from ministack.services.cloudformation import changesets, engine, handlers
from samtranslator.translator import transform

_apply_transforms = engine._apply_transforms
_transform = transform.transform
_values: ContextVar[dict[str, Any]] = ContextVar("values")


def install() -> None:
    for module in (engine, handlers, changesets):
        module._apply_transforms = apply
    transform.transform = with_parameters


def apply(template: Any, provided: Any = None, previous: Any = None) -> Any:
    token = _values.set(engine._transform_parameters(template, provided, previous))
    try:
        return _apply_transforms(template, provided, previous)
    finally:
        _values.reset(token)


def with_parameters(template: Any, _none: Any, *others: Any) -> Any:
    return _transform(template, dict(_values.get()), *others)
