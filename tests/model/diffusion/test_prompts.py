"""Prompts: clothed people, no gender, one row per style."""

import re

import pytest
import yaml
from pydantic import ValidationError

from likeness.contracts.container import AvatarOrder
from likeness_model.diffusion.prompts import (
    PROMPTS,
    PromptTemplates,
    prior_captions,
    prompts_for,
    templates,
)
from likeness_model.painter.styles import STYLES

GENDERED = re.compile(
    r"\b(wo)?m[ae]n\b|\bfemale|\bmale\b|\b(girl|boy|guy|lady|ladies|gentlem[ae]n|king|queen|prince"
    r"|princess|she|he|her|his|him|hers|mother|father|sister|brother|wife|husband|mr|mrs|ms|sir"
    r"|madam|bride|groom|actress|actor|heroine|hero|goddess|god|beard|bearded|dress|skirt|suit"
    r"|feminine|masculine|handsome|pretty|beautiful|sexy)\b",
    re.IGNORECASE,
)


def all_prompts():
    """Every prompt of 30 avatars per style, with a trained adapter, with references, with both."""
    for style in templates().styles:
        avatars = [AvatarOrder(avatar_id=f"a{n:02}", style=style, seed=n) for n in range(1, 31)]
        for trained, shown in ((True, False), (False, True), (True, True)):
            for prompt in prompts_for(avatars, trained=trained, shown=shown).values():
                yield style, prompt


def test_every_style_of_the_catalogue_has_a_prompt_and_no_other():
    assert set(templates().styles) == set(STYLES)


def test_no_prompt_tells_or_asks_for_a_gender():
    text = PROMPTS.read_text(encoding="utf-8").partition("token:")[2]

    assert GENDERED.findall(text) == []
    assert GENDERED.search("portrait of a man")  # the test can fail


def test_every_prompt_names_clothes_and_the_own_age_and_skin_tone():
    for style, prompt in all_prompts():
        assert any(clothes in prompt for clothes in templates().clothes), style
        assert "own skin tone" in prompt or "skin tone exactly as they are" in prompt
        assert "age" in prompt


def test_a_template_without_clothes_is_refused():
    rows = yaml.safe_load(PROMPTS.read_text(encoding="utf-8"))

    with pytest.raises(ValidationError, match="a prompt without clothes"):
        PromptTemplates.model_validate(rows | {"trained": "{medium} of ohwx person, {setting}"})


def test_the_negative_prompt_names_nudity_childhood_and_bleached_skin():
    assert {"nude", "child", "bleached skin"} <= set(re.split(r",\s*", templates().negative))


def test_prompts_fit_into_77_tokens():
    """CLIP has one token for most words and punctuation marks, and two for start and end. With 50 %
    more for rare words the prompts still fit. klein reads 512 tokens."""
    trained = [prompt for _, prompt in all_prompts() if "reference" not in prompt]
    assert trained
    for prompt in (*trained, templates().negative):
        assert len(re.findall(r"\w+|[^\w\s]", prompt)) * 1.5 + 2 <= 77, prompt


def test_avatars_of_one_style_differ_in_setting_and_clothes():
    avatars = [AvatarOrder(avatar_id=f"a{n:02}", style="oil", seed=n) for n in range(1, 7)]

    assert len(set(prompts_for(avatars, trained=True, shown=False).values())) == 6


def test_a_prompt_says_where_the_person_is_seen():
    avatar = [AvatarOrder(avatar_id="a01", style="oil", seed=1)]

    def prompt(**how):
        return prompts_for(avatar, **how)["a01"]

    assert "ohwx" in prompt(trained=True, shown=False)
    assert "reference" not in prompt(trained=True, shown=False)
    assert "ohwx" not in prompt(trained=False, shown=True)
    assert "ohwx person, the one person in the reference images" in prompt(trained=True, shown=True)


def test_prior_captions_name_clothes_too():
    assert all("person" in text and " in a " in text for text in prior_captions(6))
