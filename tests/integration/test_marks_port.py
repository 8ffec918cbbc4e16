"""Which avatar bears which mark, on the fake and on DynamoDB."""

import pytest

from likeness.adapters.marks_table import MarksTable
from likeness.domain.errors import Conflict
from likeness.domain.provenance import Published
from tests.builders import JOB, NOW, OTHER_JOB
from tests.fakes import FakeMarks


@pytest.fixture
def marks(kind, request):
    return FakeMarks() if kind == "fake" else MarksTable(request.getfixturevalue("table"))


def published(**fields) -> Published:
    record = {
        "mark": "0123456789a",
        "job_id": JOB,
        "avatar_id": "a01",
        "style": "comic",
        "engine": "painter",
        "made_at": NOW,
    }
    return Published.model_validate(record | fields)


def test_the_first_mark_that_is_on_record_is_found(marks):
    marks.remember(published())

    assert marks.find(["00000000000", "0123456789a"]) == published()
    assert marks.find(["00000000000"]) is None
    assert marks.find([]) is None


def test_the_first_time_counts(marks):
    marks.remember(published())
    marks.remember(published(style="oil"))

    assert marks.find(["0123456789a"]).style == "comic"


@pytest.mark.parametrize("other", [{"job_id": OTHER_JOB}, {"avatar_id": "a02"}])
def test_no_two_avatars_have_one_mark(marks, other):
    marks.remember(published())

    with pytest.raises(Conflict):
        marks.remember(published(**other))

    assert marks.find(["0123456789a"]) == published()
