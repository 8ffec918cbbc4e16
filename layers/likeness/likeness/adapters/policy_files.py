"""Policy is data: the YAML files of likeness/policy, read once and turned into domain models."""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from likeness.domain.deletion.retention import Retention
from likeness.domain.ids import StyleId
from likeness.domain.jobs.catalogue import StyleCard, Tier
from likeness.domain.moderation import Policy
from likeness.domain.photos.photo_check import PhotoRules
from likeness.domain.reasons import Reason, ReasonCard


@cache
def load(name: str) -> Any:
    """The content of policy/<name>.yaml. Shared by all callers: read it, never change it."""
    return _parse((resources.files("likeness.policy") / f"{name}.yaml").read_bytes())


def _parse(text: bytes) -> Any:
    import yaml  # noqa: PLC0415 - most functions read no policy, and need not pay for it

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C where there is one
    try:
        return yaml.load(text, Loader=loader)  # noqa: S506 - a safe loader either way
    except yaml.YAMLError as broken:
        raise ValueError(f"this is no YAML: {broken}") from broken


@cache
def load_reasons() -> Mapping[Reason, ReasonCard]:
    """A card for every code; an unknown or a missing code is an error at the first call."""
    cards = {
        Reason(code): ReasonCard(code=code, **card) for code, card in load("reason_codes").items()
    }
    if missing := set(Reason) - set(cards):
        raise ValueError(f"reason_codes.yaml says nothing about {', '.join(sorted(missing))}")
    return MappingProxyType(cards)


@cache
def load_styles() -> Mapping[StyleId, StyleCard]:
    """Every style in the order of the catalogue, withdrawn ones included."""
    cards = {
        StyleId(style): StyleCard(style=style, **card) for style, card in load("styles").items()
    }
    return MappingProxyType(cards)


@cache
def load_tiers() -> Mapping[str, Tier]:
    return MappingProxyType(
        {tier: Tier(tier=tier, **rules) for tier, rules in load("tiers").items()}
    )


@cache
def load_policy() -> Policy:
    return Policy.model_validate(load("community_guidelines"))


def read_policy(text: bytes) -> Policy:
    """A policy that somebody thinks about; ValueError names what is wrong in it."""
    return Policy.model_validate(_parse(text))


@cache
def load_photo_rules() -> PhotoRules:
    return PhotoRules(**load("photo_quality"))


@cache
def load_retention() -> Retention:
    return Retention.model_validate(load("retention"))
