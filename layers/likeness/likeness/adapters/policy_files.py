"""Policy is data: the YAML files of likeness/policy, read once and turned into domain models."""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

import yaml

from likeness.domain.reasons import Reason, ReasonCard

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def load(name: str) -> Any:
    """The content of policy/<name>.yaml. Shared by all callers: read it, never change it."""
    text = (resources.files("likeness.policy") / f"{name}.yaml").read_bytes()
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader, in C where there is one


@cache
def load_reasons() -> Mapping[Reason, ReasonCard]:
    """A card for every code; an unknown or a missing code is an error at the first call."""
    cards = {
        Reason(code): ReasonCard(code=code, **card) for code, card in load("reason_codes").items()
    }
    if missing := set(Reason) - set(cards):
        raise ValueError(f"reason_codes.yaml says nothing about {', '.join(sorted(missing))}")
    return MappingProxyType(cards)
