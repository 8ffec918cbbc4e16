"""Load the YAML files of likeness/policy into domain models, each once.

A function imports only the models of the files that it loads.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from likeness.domain.deletion.retention import Retention
    from likeness.domain.ids import StyleId
    from likeness.domain.jobs.catalogue import StyleCard, Tier
    from likeness.domain.moderation import Policy
    from likeness.domain.photos.photo_check import PhotoRules
    from likeness.domain.reasons import Hint, Reason, ReasonCard


@cache
def load(name: str) -> Any:
    """Return the content of policy/<name>.yaml. Shared by all callers: do not change it."""
    return _parse((resources.files("likeness.policy") / f"{name}.yaml").read_bytes())


def _parse(text: bytes) -> Any:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C, if available
    try:
        return yaml.load(text, Loader=loader)  # noqa: S506 - a safe loader either way
    except yaml.YAMLError as broken:
        raise ValueError(f"invalid YAML: {broken}") from broken


@cache
def load_reasons() -> Mapping[Reason, ReasonCard]:
    """Return a card for every code. Raises ValueError for an unknown or missing code."""
    from likeness.domain.reasons import Reason, ReasonCard

    cards = {
        Reason(code): ReasonCard(code=code, **card) for code, card in load("reason_codes").items()
    }
    if missing := set(Reason) - set(cards):
        raise ValueError(f"reason_codes.yaml lacks {', '.join(sorted(missing))}")
    return MappingProxyType(cards)


@cache
def load_guidelines() -> Mapping[Reason, Hint]:
    """Return the rule behind every code that moderators may use. Raises ValueError if one lacks."""
    from likeness.domain.reasons import Hint, Reason
    from likeness.domain.review.case import MODERATOR_REASONS

    rules = {Reason(code): Hint(**text) for code, text in load("guidelines").items()}
    if wrong := set(MODERATOR_REASONS) ^ set(rules):
        raise ValueError(f"guidelines.yaml: {', '.join(sorted(wrong))} are missing or not used")
    return MappingProxyType(rules)


@cache
def load_styles() -> Mapping[StyleId, StyleCard]:
    """Return every style in the catalogue's order, including withdrawn ones."""
    from likeness.domain.ids import StyleId
    from likeness.domain.jobs.catalogue import StyleCard

    cards = {
        StyleId(style): StyleCard(style=style, **card) for style, card in load("styles").items()
    }
    return MappingProxyType(cards)


def load_preview(style: StyleId, side: str) -> bytes:
    folder = resources.files("likeness.policy") / "previews" / side
    return (folder / f"{style}.webp").read_bytes()


@cache
def load_tiers() -> Mapping[str, Tier]:
    from likeness.domain.jobs.catalogue import Tier

    return MappingProxyType(
        {tier: Tier(tier=tier, **rules) for tier, rules in load("tiers").items()}
    )


@cache
def load_policy() -> Policy:
    from likeness.domain.moderation import Policy

    return Policy.model_validate(load("community_guidelines"))


def read_policy(text: bytes) -> Policy:
    """Parse a draft policy. Raises ValueError that names the fault."""
    from likeness.domain.moderation import Policy

    return Policy.model_validate(_parse(text))


@cache
def load_photo_rules() -> PhotoRules:
    from likeness.domain.photos.photo_check import PhotoRules

    return PhotoRules(**load("photo_quality"))


@cache
def load_retention() -> Retention:
    from likeness.domain.deletion.retention import Retention

    return Retention.model_validate(load("retention"))
