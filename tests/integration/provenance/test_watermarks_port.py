"""Which avatar contains which watermark: the fake, and DynamoDB."""

import pytest

from likeness.adapters.provenance.watermarks_table import WatermarksTable
from likeness.domain.errors import Conflict
from likeness.domain.provenance.credentials import WatermarkRecord
from tests.builders import JOB, NOW, OTHER_JOB
from tests.fakes import FakeWatermarks


@pytest.fixture
def watermarks(kind, request):
    return FakeWatermarks() if kind == "fake" else WatermarksTable(request.getfixturevalue("table"))


def published(**fields) -> WatermarkRecord:
    record = {
        "watermark": "0123456789a",
        "job_id": JOB,
        "avatar_id": "a01",
        "style": "comic",
        "engine": "painter",
        "made_at": NOW,
    }
    return WatermarkRecord.model_validate(record | fields)


def test_the_first_recorded_watermark_is_found(watermarks):
    watermarks.add(published())

    assert watermarks.find(["00000000000", "0123456789a"]) == published()
    assert watermarks.find(["00000000000"]) is None
    assert watermarks.find([]) is None


def test_the_first_publication_time_is_kept(watermarks):
    watermarks.add(published())
    watermarks.add(published(style="oil"))

    assert watermarks.find(["0123456789a"]).style == "comic"


def test_a_revoked_watermark_stays_revoked_and_an_unknown_one_is_ignored(watermarks):
    watermarks.add(published())

    watermarks.revoke(["00000000000", "0123456789a"])
    watermarks.revoke(["0123456789a"])
    watermarks.add(published())

    assert watermarks.find(["0123456789a"]) == published(revoked=True)
    assert watermarks.find(["00000000000"]) is None


@pytest.mark.parametrize("other", [{"job_id": OTHER_JOB}, {"avatar_id": "a02"}])
def test_two_avatars_cannot_have_one_watermark(watermarks, other):
    watermarks.add(published())

    with pytest.raises(Conflict):
        watermarks.add(published(**other))

    assert watermarks.find(["0123456789a"]) == published()
