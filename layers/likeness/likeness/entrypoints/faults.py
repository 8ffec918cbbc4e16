"""What is wrong with a request, in the API's terms instead of the validator's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from likeness.api.message import Fault

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import ValidationError

# By the error types of pydantic_core.core_schema.ErrorType. `{}` are the values of its context.
MESSAGES = {
    "missing": "is required",
    "extra_forbidden": "is not known",
    "json_invalid": "is not valid JSON",
    "string_type": "must be a string",
    "string_unicode": "must be valid Unicode",
    "bool_type": "must be true or false",
    "int_type": "must be an integer",
    "int_from_float": "must be an integer",
    "int_parsing_size": "must be a smaller integer",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "tuple_type": "must be an array",
    "list_type": "must be an array",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "must match {pattern}",
    "too_short": "must have at least {min_length} items",
    "too_long": "must have at most {max_length} items",
    "enum": "must be one of {expected}",
    "literal_error": "must be one of {expected}",
    "greater_than_equal": "must be at least {ge}",
    "greater_than": "must be greater than {gt}",
    "less_than_equal": "must be at most {le}",
    "less_than": "must be less than {lt}",
}
MOMENT = "must be an RFC 3339 date-time, such as 2026-11-22T12:00:00Z"


def faults_of(part: str, error: ValidationError) -> tuple[Fault, ...]:
    """One for each field. No value is repeated, because it may be personal.

    `part` is `body` or `query`. An array whose items are wrong also counts as too short for the
    validator: that is left out.
    """
    found = error.errors(include_url=False, include_input=False)
    places = [fault["loc"] for fault in found]
    faults = {
        _pointer(part, fault["loc"]): _message(fault["type"], fault.get("ctx", {}), fault["msg"])
        for fault in reversed(found)
        if not (fault["type"] == "too_short" and _is_above(fault["loc"], places))
    }
    return tuple(Fault(field=field, message=faults[field]) for field in reversed(faults))


def _is_above(place: tuple[Any, ...], places: Iterable[tuple[Any, ...]]) -> bool:
    return any(len(one) > len(place) and one[: len(place)] == place for one in places)


def _pointer(part: str, place: tuple[Any, ...]) -> str:
    """RFC 6901. A name that is not known is the caller's, and cut like any text of theirs."""
    steps = [str(step)[:64].replace("~", "~0").replace("/", "~1") for step in place]
    return "/".join(["", part, *(step for step in steps if step != "[key]")])


def _message(kind: str, values: dict[str, Any], said: str) -> str:
    if kind in MESSAGES:
        return re.sub(r" 1 (item|character)s$", r" 1 \1", MESSAGES[kind].format_map(values))
    if kind.startswith(("datetime", "timezone")):
        return MOMENT
    if kind == "value_error":
        return str(values["error"])
    return f"is not valid: {said}"
