"""Pages and cursors: every item once, and foreign cursors are refused."""

import base64

import pytest
from hypothesis import given, strategies as st

from likeness.api.message import PageQuery
from likeness.domain.errors import Invalid
from likeness.domain.paging import MAX_CURSOR, ResultPage, cursor, position


@given(st.integers(0, 40), st.integers(1, 12))
def test_the_pages_of_a_list_are_the_list(count, limit):
    everything = list(range(count))
    seen: list[int] = []
    after: str | None = None
    while True:
        start = 0 if after is None else int(after) + 1
        page = ResultPage.of(iter(everything[start:]), limit=limit, position=str)
        assert 0 < len(page.items) <= limit or count == 0
        seen += page.items
        if page.last is None:
            break
        after = position(cursor(page.last, of="things"), of="things")
    assert seen == everything


@given(st.text(max_size=60).filter(lambda text: text.isprintable()))
def test_a_cursor_decodes_to_its_position_and_is_short(where):
    text = cursor(where, of="things")

    assert position(text, of="things") == where
    assert text.isascii()
    assert not set(text) & set("+/=&?# ")
    assert len(text) <= MAX_CURSOR


def test_the_last_page_has_no_cursor():
    assert cursor(None, of="things") is None
    assert position(None, of="things") is None


CURSOR = cursor("2026-11-22T12:00:00.000000+00:00#j1", of="jobs of user-1")


@given(st.integers(0, len(CURSOR) - 1), st.sampled_from("ABCxyz019-_"))
def test_a_cursor_that_was_changed_is_refused(where, letter):
    changed = CURSOR[:where] + letter + CURSOR[where + 1 :]
    if base64.urlsafe_b64decode(changed + "==") == base64.urlsafe_b64decode(CURSOR + "=="):
        return

    with pytest.raises(Invalid, match="cursor"):
        position(changed, of="jobs of user-1")


@pytest.mark.parametrize(
    "text",
    [
        CURSOR[:-1],
        CURSOR + "A",
        CURSOR[1:],
        "x",
        "=",
        "ä",
        "AAAA AAAA",
        "/" * 20,
        base64.urlsafe_b64encode(b"2026-11-22T12:00:00.000000+00:00#j1").decode(),
        base64.urlsafe_b64encode(b"\xff" * 30).decode(),
    ],
)
def test_an_invalid_cursor_is_refused_by_name(text):
    with pytest.raises(Invalid, match="cursor"):
        position(text, of="jobs of user-1")


def test_a_cursor_of_another_users_list_is_refused():
    with pytest.raises(Invalid, match="cursor"):
        position(CURSOR, of="jobs of user-2")


def test_the_longest_cursor_fits_into_the_query():
    longest = cursor(f"2026-11-22T12:00:00.000000+00:00#{'j' * 33}", of="jobs")

    assert PageQuery(cursor=longest).cursor == longest
