"""Known cases: the fake, and DynamoDB; the operator's bucket on moto."""

from datetime import timedelta

import pytest

from likeness.adapters.review.known_cases_table import KnownCasesTable
from likeness.adapters.review.known_pictures_bucket import KnownPicturesBucket
from likeness.domain.errors import Invalid, NotFound
from likeness.domain.reasons import Reason
from likeness.domain.review.case import RefusedPhoto
from likeness.domain.review.kinds import ReviewKind
from likeness.domain.review.known_case import CaseContext, KnownCase, KnownUse
from tests.builders import JOB, MODERATOR, NOW, OTHER_JOB, a_photo, a_review, a_verdict
from tests.fakes import FakeKnownCases


@pytest.fixture
def known_cases(kind, request):
    if kind == "fake":
        return FakeKnownCases()
    return KnownCasesTable(request.getfixturevalue("table"))


def a_case(**fields):
    return KnownCase(
        name="toy",
        job_id=JOB,
        prepared_at=NOW,
        review=a_review(kind=ReviewKind.KNOWN),
        photos=(a_photo(verdict=a_verdict()),),
        answer=(RefusedPhoto(photo_id="p01", reason=Reason.POLICY_VIOLENCE),),
        context=CaseContext(jobs=2, refused={Reason.POLICY_HATE: 1}),
        **fields,
    )


def test_a_case_is_stored_with_its_photos_answer_and_context(known_cases):
    known_cases.save(a_case())
    assert known_cases.get(JOB) == a_case()
    assert known_cases.get(OTHER_JOB) is None
    known_cases.save(a_case(over=True))
    assert known_cases.get(JOB).over


def test_the_last_use_of_each_set_is_kept(known_cases):
    toy = KnownUse(name="toy", job_id=JOB, at=NOW, seen={MODERATOR: NOW})
    known_cases.save_use(KnownUse(name="toy", job_id=None, at=NOW))
    known_cases.save_use(toy)
    known_cases.save_use(KnownUse(name="knife", job_id=None, at=NOW))
    assert known_cases.uses()["toy"] == toy
    assert set(known_cases.uses()) == {"toy", "knife"}


def test_windows_follow_each_other(known_cases):
    later = NOW + timedelta(minutes=5)
    assert known_cases.next_window(NOW) is None
    assert known_cases.next_window(later) == NOW
    assert known_cases.next_window(later + timedelta(minutes=5)) == later


def test_of_two_concurrent_calls_one_gets_the_window(table, monkeypatch):
    known_cases = KnownCasesTable(table)
    known_cases.next_window(NOW)
    put = table.put_item

    def race(**item):
        monkeypatch.undo()
        KnownCasesTable(table).next_window(NOW + timedelta(minutes=1))
        return put(**item)

    monkeypatch.setattr(table, "put_item", race)
    assert known_cases.next_window(NOW + timedelta(minutes=2)) is None


def test_the_manifest_and_the_pictures_are_below_the_prefix(s3):
    s3.create_bucket(
        Bucket="known", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    manifest = b'{"cases": [{"name": "toy", "photos": [{"file": "toy/1.jpg"}]}]}'
    s3.put_object(Bucket="known", Key="desk/v1/manifest.json", Body=manifest)
    s3.put_object(Bucket="known", Key="desk/v1/toy/1.jpg", Body=b"jpeg")
    source = KnownPicturesBucket(s3, "known/desk/v1/")

    assert [case.name for case in source.manifest().cases] == ["toy"]
    assert source.read("toy/1.jpg") == b"jpeg"
    with pytest.raises(NotFound, match="desk/v1/toy/2.jpg"):
        source.read("toy/2.jpg")
    s3.put_object(Bucket="known", Key="desk/v1/manifest.json", Body=b"[]")
    with pytest.raises(Invalid, match="manifest.json"):
        source.manifest()
    with pytest.raises(NotFound, match="other/manifest.json"):
        KnownPicturesBucket(s3, "known/other/").manifest()
