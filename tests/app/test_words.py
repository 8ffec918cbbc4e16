"""The example app's texts: both languages, all that the API can say, and none too many."""

import re

import pytest

from examples.app.backend import PAGE
from likeness.domain.errors import ErrorKind
from likeness.domain.jobs.job import JobState, WaitingFor
from likeness.domain.photos.photo import PhotoState
from likeness.domain.review.appeal import AppealState

SCRIPTS = "\n".join(file.read_text() for file in PAGE.rglob("*.js") if file.parent.name != "words")
RUNNING = {"moderating", "in_review", "generating", "finishing", "cancelling"}
SAID = {
    *(f"state.{state}" for state in (*JobState, "deleted")),
    *(f"state.{state}.more" for state in RUNNING),
    *(f"ended.{state}" for state in JobState if state not in RUNNING | {"open"}),
    *(
        f"photo.{state}"
        for state in (*PhotoState, "failed")
        if state not in {"deleted", "left_out"}
    ),
    *(f"waiting.{of}" for of in WaitingFor),
    *(f"appeal.{state}" for state in AppealState),
    *(f"photos.tip.{tip}" for tip in ("face", "light", "different")),
}
ERRORS = {f"error.{kind}" for kind in {*ErrorKind, "Offline", "other"}}


def words(language: str) -> list[str]:
    text = (PAGE / "words" / f"{language}.js").read_text()
    return re.findall(r'^  "([^"]+)":', text, re.MULTILINE)


def test_both_languages_have_the_same_words_in_the_same_order():
    assert words("en") == words("de")
    assert len(set(words("en"))) == len(words("en"))


@pytest.mark.parametrize("language", ["en", "de"])
def test_each_used_word_exists_and_each_word_is_used(language):
    known = set(words(language))
    used = set(re.findall(r'\bt\(\s*"([^"]+)"', SCRIPTS)) | SAID | {"error.other"}
    chosen = {one for one in known if f'"{one}"' in SCRIPTS}

    assert used - known == set()
    assert known - used - chosen - ERRORS == set()
