"""Reason codes: stable, complete, in both languages."""

import re

import pytest
from pydantic import ValidationError

from likeness.adapters import policy_files
from likeness.adapters.policy_files import load_reasons
from likeness.domain.photos.picture import LIMITS
from likeness.domain.reasons import DsaCategory, Hint, Reason, ReasonCard, Refused
from tests.unit.policy.test_recipes import PUBLISHED

every_card = pytest.mark.parametrize("card", load_reasons().values(), ids=lambda card: card.code)
every_language = pytest.mark.parametrize("language", list(Hint.model_fields))


def test_published_codes_are_not_removed_or_renamed():
    published = {f"{family}.{name}" for family, names in PUBLISHED.items() for name in names}

    assert published <= set(Reason), "a published code is stable: restore it"


def test_every_code_has_a_card():
    assert set(load_reasons()) == set(Reason)


@every_card
def test_a_card_has_the_code_of_its_key(card):
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
def test_every_code_has_a_known_family(card):
    assert card.code.family in PUBLISHED


@pytest.mark.parametrize("family", ["FILE", "QUALITY", "SUBJECT"])
def test_photo_problems_can_be_fixed(family):
    codes = [code for code in Reason if code.family == family]

    assert codes
    assert all(code.fix_and_retry and code.returns_day for code in codes)


def test_the_quota_day_is_returned_except_for_policy_reasons():
    kept = {code.family for code in Reason if not code.returns_day}

    assert kept == {"POLICY", "RIGHTS", "MINOR", "ILLEGAL", "QUOTA"}


@every_card
def test_a_policy_reason_has_a_dsa_category(card):
    owed = card.code.family in {"POLICY", "RIGHTS", "MINOR"}

    assert (card.dsa_category is not None) is owed


def test_a_minor_is_reported_as_protection_of_minors():
    assert load_reasons()[Reason.MINOR_AGE_DOUBT].dsa_category is DsaCategory.PROTECTION_OF_MINORS


def test_a_policy_code_needs_a_dsa_category():
    with pytest.raises(ValidationError, match="dsa_category"):
        ReasonCard(code=Reason.POLICY_NUDITY, hint=Hint(en="No.", de="Nein."))


def test_a_hint_needs_both_languages():
    with pytest.raises(ValidationError, match="de"):
        ReasonCard.model_validate({"code": "FILE.TYPE", "hint": {"en": "No."}})


def test_a_code_without_a_hint_is_an_error(monkeypatch):
    complete = policy_files.load("reason_codes")
    monkeypatch.setattr(
        policy_files,
        "load",
        lambda name: {code: card for code, card in complete.items() if code != "FILE.TYPE"},
    )

    with pytest.raises(ValueError, match=r"FILE\.TYPE"):
        load_reasons.__wrapped__()


@every_language
def test_the_hints_name_the_limits(language):
    cards = load_reasons()
    too_large = getattr(cards[Reason.FILE_TOO_LARGE].hint, language)
    too_many = getattr(cards[Reason.FILE_TOO_MANY_PIXELS].hint, language)

    assert f"{LIMITS.max_bytes // 2**20} MB" in too_large
    assert f"{LIMITS.max_pixels // 10**6} " in too_many


def test_refused_has_the_code_as_message():
    assert str(Refused(Reason.FILE_TYPE)) == "FILE.TYPE"
