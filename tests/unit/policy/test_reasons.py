"""Reason codes are an interface: stable, complete, and friendly in both languages."""

import re

import pytest
from pydantic import ValidationError

from likeness.adapters import policy_files
from likeness.adapters.policy_files import load_reasons
from likeness.domain.photos.picture import LIMITS
from likeness.domain.reasons import DsaCategory, Hint, Reason, ReasonCard, Refused

PUBLISHED = {
    "FILE": ["TYPE", "CORRUPT", "TOO_LARGE", "TOO_MANY_PIXELS", "ANIMATED"],
    "QUALITY": [
        "TOO_SMALL",
        "BLURRY",
        "DARK",
        "BRIGHT",
        "FACE_TOO_SMALL",
        "EXTREME_POSE",
        "SUNGLASSES",
        "OCCLUDED",
    ],
    "SUBJECT": ["NO_FACE", "SEVERAL_FACES", "DIFFERENT_PERSON", "DUPLICATE"],
    "POLICY": ["NUDITY", "SUGGESTIVE", "VIOLENCE", "HATE", "DRUGS", "GESTURE"],
    "RIGHTS": ["CELEBRITY", "NOT_SELF"],
    "MINOR": ["AGE_DOUBT"],
    "SYSTEM": ["UNAVAILABLE", "REVIEW_EXPIRED", "TOO_FEW_AVATARS", "CANCELLED", "NOT_SUBMITTED"],
}

every_card = pytest.mark.parametrize("card", load_reasons().values(), ids=lambda card: card.code)
every_language = pytest.mark.parametrize("language", list(Hint.model_fields))


def test_no_published_code_is_ever_lost_or_renamed():
    published = [f"{family}.{name}" for family, names in PUBLISHED.items() for name in names]

    assert list(Reason) == published


def test_every_code_has_a_card_and_every_card_a_code():
    assert set(load_reasons()) == set(Reason)


@every_card
def test_a_card_stands_under_its_own_code(card):
    assert load_reasons()[card.code] is card


@every_card
@every_language
def test_a_hint_is_one_or_two_short_sentences(card, language):
    hint = getattr(card.hint, language)

    assert hint.endswith((".", "!"))
    assert len(re.findall(r"[.!?](?:\s|$)", hint)) <= 2
    assert len(hint) <= 160


@every_card
def test_the_languages_differ_and_german_says_du(card):
    assert card.hint.en != card.hint.de
    assert not re.search(r"\b(Sie|Ihr|Ihre|Ihnen)\b", card.hint.de)


@every_card
def test_every_code_belongs_to_a_family_that_has_rules(card):
    assert card.code.family in PUBLISHED


@pytest.mark.parametrize("family", ["FILE", "QUALITY", "SUBJECT"])
def test_a_fault_of_the_picture_can_be_fixed(family):
    cards = [card for card in load_reasons().values() if card.code.family == family]

    assert cards
    assert all(card.fix_and_retry and card.returns_day for card in cards)


def test_a_day_comes_back_unless_a_rule_was_broken():
    kept = {card.code.family for card in load_reasons().values() if not card.returns_day}

    assert kept == {"POLICY", "RIGHTS", "MINOR"}


@every_card
def test_a_decision_on_policy_names_its_dsa_category(card):
    owed = card.code.family in {"POLICY", "RIGHTS", "MINOR"}

    assert (card.dsa_category is not None) is owed


def test_a_minor_is_reported_as_protection_of_minors():
    assert load_reasons()[Reason.MINOR_AGE_DOUBT].dsa_category is DsaCategory.PROTECTION_OF_MINORS


def test_a_policy_code_without_a_category_is_invalid():
    with pytest.raises(ValidationError, match="DSA category"):
        ReasonCard(code=Reason.POLICY_NUDITY, hint=Hint(en="No.", de="Nein."))


def test_a_card_without_both_languages_is_invalid():
    with pytest.raises(ValidationError, match="de"):
        ReasonCard.model_validate({"code": "FILE.TYPE", "hint": {"en": "No."}})


def test_a_code_missing_in_the_file_is_an_error(monkeypatch):
    complete = policy_files.load("reason_codes")
    monkeypatch.setattr(
        policy_files,
        "load",
        lambda name: {code: card for code, card in complete.items() if code != "FILE.TYPE"},
    )

    with pytest.raises(ValueError, match=r"FILE\.TYPE"):
        load_reasons.__wrapped__()


@every_language
def test_the_hints_name_the_limits_in_force(language):
    cards = load_reasons()
    too_large = getattr(cards[Reason.FILE_TOO_LARGE].hint, language)
    too_many = getattr(cards[Reason.FILE_TOO_MANY_PIXELS].hint, language)

    assert f"{LIMITS.max_bytes // 2**20} MB" in too_large
    assert f"{LIMITS.max_pixels // 10**6} " in too_many


def test_a_refusal_has_its_code():
    assert str(Refused(Reason.FILE_TYPE)) == "FILE.TYPE"
