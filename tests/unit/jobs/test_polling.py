"""When a job is worth reading again."""

import pytest

from likeness.domain.deletion.receipt import Deletion, DeletionState
from likeness.domain.jobs.job import JobState
from likeness.domain.jobs.operating_state import Stop
from likeness.domain.jobs.polling import poll_after_s
from likeness.domain.jobs.test_plan import TestPlan
from likeness.domain.photos.photo import PhotoState
from likeness.domain.reasons import Reason
from likeness.domain.review.appeal import Appeal, AppealedPhoto, AppealState
from likeness.domain.verdict import Outcome
from tests.builders import JOB, NOW, a_photo, a_verdict, photos
from tests.unit.jobs.test_get_job import get


@pytest.mark.parametrize(
    ("state", "checked", "seconds"),
    [
        (JobState.OPEN, False, 2),
        (JobState.OPEN, True, 5),
        (JobState.MODERATING, True, 5),
        (JobState.IN_REVIEW, True, 60),
        (JobState.GENERATING, True, 5),
        (JobState.FINISHING, True, 5),
        (JobState.CANCELLING, True, 5),
        (JobState.COMPLETED, True, 5),
    ],
)
def test_each_state_has_its_pace(world, state, checked, seconds):
    there = photos() if checked else [a_photo(state=PhotoState.CHECKING)]
    world.has(state, with_photos=there)

    assert get(world).poll_after_s == seconds


@pytest.mark.parametrize(("p50_s", "seconds"), [(None, 5), (0, 2), (20, 5), (200, 50), (4000, 60)])
def test_a_job_is_read_about_four_times_until_its_estimated_end(p50_s, seconds):
    found = poll_after_s(
        JobState.GENERATING, checking=False, waits=False, settled=False, p50_s=p50_s, test=False
    )

    assert found == seconds


def test_a_job_that_waits_is_read_once_a_minute(world):
    world.has(JobState.GENERATING)
    world.operating_state.switch(stop=Stop())

    assert get(world).poll_after_s == 60


@pytest.mark.parametrize("deletion", [DeletionState.DELETED, DeletionState.HELD])
def test_a_job_whose_deletion_is_verified_does_not_change_by_itself(world, deletion):
    world.has(JobState.COMPLETED)
    world.deletions.save(Deletion(job_id=JOB, state=deletion))

    assert get(world).poll_after_s is None


def test_a_test_job_ends_in_seconds(world):
    world.has(JobState.GENERATING, test=TestPlan())

    assert get(world).poll_after_s == 1


@pytest.mark.parametrize(
    ("state", "seconds"),
    [
        (AppealState.OPEN, 5),
        (AppealState.IN_REVIEW, 60),
        (AppealState.GRANTED, None),
        (AppealState.EXPIRED, None),
    ],
)
def test_an_appeal_changes_a_job_whose_deletion_is_verified(world, state, seconds):
    verdict = a_verdict(Outcome.REFUSED, Reason.POLICY_VIOLENCE)
    world.has(JobState.REFUSED, with_photos=[a_photo(verdict=verdict)])
    world.deletions.save(Deletion(job_id=JOB, state=DeletionState.DELETED))
    contested = [AppealedPhoto(photo_id="p01")]
    world.appeals.save(Appeal(job_id=JOB, state=state, opened_at=NOW, photos=contested))

    assert get(world).poll_after_s == seconds
