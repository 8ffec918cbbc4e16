"""Gap: a state machine's definition may be YAML, and no placeholder may be left in it."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml
from ministack.services.cloudformation import provisioners

PLACEHOLDER = re.compile(r"\$\{[^}]+\}")

_sfn_definition = provisioners._sfn_definition


def install() -> None:
    provisioners._sfn_definition = definition


def definition(properties: dict[str, Any]) -> str:
    return as_json(_sfn_definition(properties))


def as_json(text: str) -> str:
    """The definition as Step Functions keeps it.

    Raises ValueError where AWS would refuse it: what is neither JSON nor YAML, and a placeholder
    that nothing was substituted for.
    """
    if left := PLACEHOLDER.findall(text):
        raise ValueError(f"the state machine's definition still has {', '.join(sorted(set(left)))}")
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError("the state machine's definition is neither JSON nor YAML") from error
    return json.dumps(found)
