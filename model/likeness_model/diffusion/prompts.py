"""The words that an engine is asked with."""

from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Self

import yaml
from pydantic import model_validator

from likeness.contracts import AvatarOrder, Contract
from likeness.domain.ids import AvatarId, StyleId

PROMPTS = Path(__file__).with_name("prompts.yaml")


class StylePrompt(Contract):
    """A row of prompts.yaml; its head says what each field means."""

    look: str
    settings: tuple[str, ...]
    natural: bool = False
    face: bool = False


class Catalogue(Contract):
    """prompts.yaml."""

    token: str
    learned: str
    shown: str
    someone: str
    negative: str
    clothes: tuple[str, ...]
    styles: dict[StyleId, StylePrompt]

    @model_validator(mode="after")
    def _people_are_clothed(self) -> Self:
        for template in (self.learned, self.shown, self.someone):
            if "{clothes}" not in template:
                raise ValueError("a prompt without clothes")
        return self


@cache
def catalogue() -> Catalogue:
    return Catalogue.model_validate(yaml.safe_load(PROMPTS.read_text(encoding="utf-8")))


def prompts_for(avatars: Sequence[AvatarOrder], *, learned: bool) -> dict[AvatarId, str]:
    """One prompt an avatar. Those of one style differ in setting and clothes, in turn."""
    words = catalogue()
    template = words.learned if learned else words.shown
    nth: Counter[StyleId] = Counter()
    prompts = {}
    for place, avatar in enumerate(avatars):
        style = words.styles[avatar.style]
        n = nth[avatar.style]
        nth[avatar.style] += 1
        prompts[avatar.avatar_id] = template.format(
            look=style.look,
            setting=style.settings[n % len(style.settings)],
            clothes=words.clothes[place % len(words.clothes)],
        ).strip()
    return prompts


def captions_of_someone(count: int) -> list[str]:
    """What the base draws other people from, for prior preservation."""
    words = catalogue()
    return [
        words.someone.format(clothes=words.clothes[n % len(words.clothes)]) for n in range(count)
    ]
