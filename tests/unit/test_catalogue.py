"""What may be asked for, as the policy files say it."""

from datetime import timedelta

import pytest

from likeness.adapters.policy_files import load_styles, load_tiers
from likeness.domain.catalogue import check_order, tier_of
from likeness.domain.errors import Forbidden, Invalid
from likeness.domain.job import MAX_AVATARS, MAX_STYLES
from tests.builders import NOW, a_style, a_tier, plus, styles, tiers


@pytest.mark.parametrize(
    ("entitlement", "tier"),
    [
        (None, "lite"),
        (plus(expires_at=NOW + timedelta(seconds=1)), "plus"),
        (plus(expires_at=NOW), "lite"),
        (plus(expires_at=NOW - timedelta(days=1)), "lite"),
    ],
)
def test_plus_lasts_until_the_moment_it_ends(entitlement, tier):
    assert tier_of(entitlement, tiers(), NOW).tier == tier


@pytest.mark.parametrize(
    ("tier", "picked", "avatars", "error"),
    [
        (a_tier(), ["comic"], 1, None),
        (a_tier(), ["comic", "oil", "pencil"], 3, None),
        (a_tier(), ["comic", "oil"], 30, None),
        (a_tier(open=False), ["comic"], 1, Forbidden),
        (a_tier(), ["comic", "oil"], 1, Invalid),
        (a_tier(), ["comic", "comic"], 2, Invalid),
        (a_tier(), ["nonesuch"], 1, Invalid),
        (a_tier(), ["old"], 1, Invalid),
        (a_tier(styles_a_job=2), ["comic", "oil"], 2, None),
        (a_tier(styles_a_job=2), ["comic", "oil", "pencil"], 3, Invalid),
        (a_tier(avatars_a_job=10), ["comic"], 10, None),
        (a_tier(avatars_a_job=10), ["comic"], 11, Invalid),
    ],
)
def test_an_order_is_checked_against_tier_and_catalogue(tier, picked, avatars, error):
    cards = styles() | {"old": a_style("old", withdrawn=True)}

    if error is None:
        check_order(tier, picked, avatars, cards)
    else:
        with pytest.raises(error):
            check_order(tier, picked, avatars, cards)


def test_the_catalogue_offers_at_least_sixteen_styles_in_both_languages():
    offered = [card for card in load_styles().values() if not card.withdrawn]

    assert len(offered) >= 16
    for card in offered:
        assert set(card.name) == set(card.description) == {"en", "de"}
        assert all(card.name.values())
        assert all(card.description.values())


def test_names_of_styles_differ_in_each_language():
    for language in ("en", "de"):
        names = [card.name[language] for card in load_styles().values()]
        assert len(set(names)) == len(names)


def test_both_tiers_stay_within_what_a_job_may_be():
    assert set(load_tiers()) == {"lite", "plus"}
    for tier in load_tiers().values():
        assert tier.avatars_a_job <= MAX_AVATARS
        assert tier.styles_a_job <= MAX_STYLES
        assert tier.jobs_a_day >= 1
