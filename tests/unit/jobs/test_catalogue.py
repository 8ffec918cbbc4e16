"""The deployed styles and tiers, and which orders they allow."""

from datetime import timedelta
from io import BytesIO

import pytest
from PIL import Image

from likeness.adapters.policy_files import load_policy, load_preview, load_styles, load_tiers
from likeness.domain.errors import Forbidden, Invalid
from likeness.domain.ids import StyleId
from likeness.domain.jobs.catalogue import Plus, check_styles, check_terms, tier_of
from likeness_model.painter.styles import STYLES
from tests.builders import NOW


def test_the_catalogue_has_exactly_the_styles_of_the_painter():
    assert set(load_styles()) == set(STYLES)


@pytest.mark.parametrize("style", sorted(load_styles()))
def test_a_style_has_a_name_a_description_and_a_preview(style):
    card = load_styles()[style]

    for texts in (card.name, card.description):
        assert set(texts) == {"en", "de"}
        assert all(texts.values())
    for side in (256, 512):
        with Image.open(BytesIO(load_preview(style, str(side)))) as preview:
            assert (preview.format, preview.size) == ("WEBP", (side, side))


def test_the_guidelines_know_all_labels_of_version_7():
    levels = [rule.level for rule in load_policy().labels.values()]

    assert (levels.count(1), levels.count(2), levels.count(3)) == (10, 20, 22)


def test_plus_lasts_until_it_expires():
    plus = Plus(expires_at=NOW, source="billing", effective_at=NOW)
    tiers = load_tiers()

    assert tier_of(plus, tiers, NOW - timedelta(seconds=1)).tier == "plus"
    assert tier_of(plus, tiers, NOW).tier == "lite"
    assert tier_of(None, tiers, NOW).tier == "lite"


COMIC, OIL = StyleId("comic"), StyleId("oil")


def test_an_order_within_the_tier_is_valid():
    assert check_terms(load_tiers()["lite"], [COMIC, OIL], 30) is None


def test_closing_the_lite_tier_refuses_its_orders():
    closed = load_tiers()["lite"].model_copy(update={"open": False})

    with pytest.raises(Forbidden, match="lite"):
        check_terms(closed, [COMIC], 3)


@pytest.mark.parametrize(
    ("styles", "avatars", "named"),
    [
        (list(load_styles())[:6], 12, "6 styles"),
        ([COMIC], 31, "31 avatars"),
        ([COMIC, OIL], 1, "1 avatars"),
    ],
)
def test_an_order_beyond_its_limits_names_the_field(styles, avatars, named):
    with pytest.raises(Invalid, match=named):
        check_terms(load_tiers()["lite"], styles, avatars)


@pytest.mark.parametrize(
    ("styles", "named"), [([COMIC, COMIC], "differ"), ([StyleId("unheard-of")], "unheard-of")]
)
def test_an_unavailable_style_is_refused_by_name(styles, named):
    with pytest.raises(Invalid, match=named):
        check_styles(styles, load_styles())


def test_a_withdrawn_style_cannot_be_picked():
    cards = dict(load_styles())
    cards[COMIC] = cards[COMIC].model_copy(update={"withdrawn": True})

    with pytest.raises(Invalid, match="withdrawn"):
        check_styles([COMIC], cards)
