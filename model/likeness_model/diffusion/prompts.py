"""The prompts and captions of the diffusion engines."""

from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Self

import yaml
from pydantic import model_validator

from likeness.contracts import Contract
from likeness.contracts.container import AvatarOrder
from likeness.domain.ids import AvatarId, StyleId

PROMPTS = Path(__file__).with_name("prompts.yaml")


class StylePrompt(Contract):
    """A row of prompts.yaml, which explains each field."""

    medium: str
    settings: tuple[str, ...]
    photo: bool = False
    face: bool = False


class PromptTemplates(Contract):
    """prompts.yaml."""

    token: str
    trained: str
    reference: str
    both: str
    prior: str
    negative: str
    clothes: tuple[str, ...]
    styles: dict[StyleId, StylePrompt]

    @model_validator(mode="after")
    def _people_are_clothed(self) -> Self:
        for template in (self.trained, self.reference, self.both, self.prior):
            if "{clothes}" not in template:
                raise ValueError("a prompt without clothes")
        return self


@cache
def templates() -> PromptTemplates:
    return PromptTemplates.model_validate(yaml.safe_load(PROMPTS.read_text(encoding="utf-8")))


def prompts_for(
    avatars: Sequence[AvatarOrder], *, trained: bool, shown: bool
) -> dict[AvatarId, str]:
    """One prompt per avatar, for a person that an adapter was trained on or that reference pictures
    show, or both. Settings and clothes rotate, so avatars of one style differ."""
    words = templates()
    template = words.reference if not trained else words.both if shown else words.trained
    nth: Counter[StyleId] = Counter()
    prompts = {}
    for place, avatar in enumerate(avatars):
        style = words.styles[avatar.style]
        n = nth[avatar.style]
        nth[avatar.style] += 1
        prompts[avatar.avatar_id] = template.format(
            medium=style.medium,
            setting=style.settings[n % len(style.settings)],
            clothes=words.clothes[place % len(words.clothes)],
        ).strip()
    return prompts


def prior_captions(count: int) -> list[str]:
    """Captions for pictures of other people, which the base draws for prior preservation."""
    words = templates()
    return [words.prior.format(clothes=words.clothes[n % len(words.clothes)]) for n in range(count)]
