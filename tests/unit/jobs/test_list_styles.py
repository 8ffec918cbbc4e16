"""The catalogue of styles."""

import pytest

from likeness.api.message import PageQuery
from likeness.domain.errors import Invalid
from likeness.services.jobs import list_styles as service
from tests.builders import a_style, styles
from tests.fakes import FakeAuditLog, FakeOperatingState

ALL = PageQuery()


def list_styles(query, *, styles):
    state = FakeOperatingState(FakeAuditLog())
    return service.list_styles(query, styles=styles, operating_state=state)


def test_styles_are_listed_in_catalogue_order_with_both_languages_and_a_preview():
    cards = {name: a_style(name) for name in ("oil", "comic")}

    shown = list_styles(ALL, styles=cards).styles

    assert [style.style for style in shown] == ["oil", "comic"]
    assert set(shown[0].name) == set(shown[0].description) == {"en", "de"}
    assert shown[0].preview == "/v1/styles/oil/preview"
    assert shown[0].thumbnail == "/v1/styles/oil/preview?size=256"


def test_a_withdrawn_style_is_not_offered():
    cards = {"oil": a_style("oil", withdrawn=True), "comic": a_style()}

    assert [style.style for style in list_styles(ALL, styles=cards).styles] == ["comic"]


def test_the_catalogue_is_paged():
    cards = styles("oil", "comic", "pencil")

    first = list_styles(PageQuery(limit=2), styles=cards)
    second = list_styles(PageQuery(limit=2, cursor=first.next), styles=cards)

    assert [style.style for style in first.styles] == ["oil", "comic"]
    assert [style.style for style in second.styles] == ["pencil"]
    assert second.next is None


def test_a_style_withdrawn_between_two_pages_does_not_break_paging():
    cards = styles("oil", "comic", "pencil")
    first = list_styles(PageQuery(limit=1), styles=cards)
    cards |= {"oil": a_style("oil", withdrawn=True)}

    second = list_styles(PageQuery(cursor=first.next), styles=cards)

    assert [style.style for style in second.styles] == ["comic", "pencil"]


def test_an_unknown_cursor_is_refused():
    with pytest.raises(Invalid, match="cursor"):
        list_styles(PageQuery(cursor="b2ls"), styles=styles())
