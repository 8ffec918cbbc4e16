"""The published avatars on a job's record."""

import pytest
from hypothesis import given, strategies as st
from pydantic import ValidationError

from likeness.adapters.dynamodb.items import fields, record
from likeness.domain.generation.avatar import AvatarState
from likeness.domain.generation.published import PublishedAvatar, shown
from likeness.domain.jobs.job import Job, JobState
from tests.builders import a_job, an_avatar


@given(st.none() | st.floats(min_value=0, max_value=2))
def test_a_job_is_read_with_the_avatars_that_it_was_stored_with(distance):
    avatars = [an_avatar(n, AvatarState.PUBLISHED, distance=distance) for n in (2, 1)]
    job = a_job(JobState.COMPLETED).change(**shown(avatars))

    assert record(Job, fields(job)) == job
    assert [one.distance for one in job.published] == [distance, distance]


def test_an_avatar_takes_few_bytes_of_the_jobs_record():
    avatars = [an_avatar(n, AvatarState.PUBLISHED, distance=0.3944) for n in (1, 2)]

    stored = fields(a_job(JobState.COMPLETED).change(**shown(avatars)))

    assert stored["published"] == [f"a0{n} {avatars[0].style} 0.3944" for n in (1, 2)]


@pytest.mark.parametrize("stored", ["", "a01", "a01 comic far", "x comic"])
def test_a_text_that_is_no_avatar_is_refused(stored):
    with pytest.raises(ValidationError):
        PublishedAvatar.model_validate(stored)


def test_a_part_that_only_the_next_release_knows_is_not_read():
    known = PublishedAvatar.model_validate("a01 comic 0.39")

    assert PublishedAvatar.model_validate("a01 comic 0.39 new") == known
