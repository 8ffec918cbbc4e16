"""The extension starts only with the MiniStack that it is written for."""

from __future__ import annotations

from pathlib import Path

import pytest

from laptop_cloud.extension import gaps
from laptop_cloud.extension.gaps import GAPS, Gap, describe, digest, unexpected


def test_each_gap_has_one_name_and_says_what_ships_and_what_is_done() -> None:
    names = [gap.name for gap in GAPS]

    assert len(names) == len(set(names))
    assert all(gap.ships and gap.does and gap.touches for gap in GAPS)


def test_each_gap_has_its_own_file_and_each_file_its_gap() -> None:
    folder = gaps.__file__.removesuffix("gaps.py")
    installable = {
        path.stem
        for path in Path(folder).glob("*.py")
        if "\ndef install() -> None:" in path.read_text() and path.stem != "gaps"
    }

    assert installable == {gap.name for gap in GAPS}


def test_code_that_is_not_as_expected_is_named_with_its_gap() -> None:
    gap = Gap("clock", "none", "one", {"cloud:tick": digest("tick"), "cloud:tock": digest("tock")})
    source = {"cloud:tick": "tick", "cloud:tock": "something else"}

    assert unexpected([gap], source.__getitem__) == ["cloud:tock (for clock)"]


def test_missing_code_is_not_as_expected() -> None:
    gap = Gap("clock", "none", "one", {"cloud:tick": digest("tick")})

    assert unexpected([gap], lambda _: "") == ["cloud:tick (for clock)"]


def test_another_version_ends_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gaps, "version", lambda _: "1.6.0")

    with pytest.raises(gaps.UnexpectedMinistack, match=r"1\.5\.33 and found 1\.6\.0"):
        gaps.check()


def test_changed_code_of_the_right_version_ends_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gaps, "version", lambda _: gaps.MINISTACK)
    monkeypatch.setattr(gaps, "unexpected", lambda: ["cloud:tick (for clock)"])

    with pytest.raises(gaps.UnexpectedMinistack, match="cloud:tick") as refused:
        gaps.check()
    assert "\n" not in str(refused.value)


def test_the_digest_of_a_table_or_set_is_of_its_keys_and_of_a_function_of_its_source() -> None:
    assert describe({"b": 1, "a": 2}) == describe({"b", "a"}) == "a\nb"
    assert "def digest" in describe(digest)
