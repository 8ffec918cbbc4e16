"""Races that the one suite for fake and table cannot time."""

import pytest

from likeness.adapters.dynamodb.transactions import CONDITION, ConditionsFailed
from likeness.adapters.jobs import jobs_table
from likeness.domain.account.user import MAX_OPEN_JOBS
from likeness.domain.errors import ConcurrentChange, LikenessError, TooManyOpenJobs
from tests.builders import a_job
from tests.fakes import FakeClock


class Table:
    name = "table"


@pytest.mark.parametrize(
    ("profile", "error"),
    [
        ({}, ConcurrentChange),  # an erasure has just ended
        ({"open_jobs": {"j1"}}, ConcurrentChange),  # others have just been removed
        ({"open_jobs": {f"j{n}" for n in range(MAX_OPEN_JOBS)}}, TooManyOpenJobs),
    ],
)
def test_a_refused_job_has_the_reason_that_is_still_there(monkeypatch, profile, error):
    def refused(*_):
        raise ConditionsFailed([CONDITION, "None"])

    monkeypatch.setattr(jobs_table, "write_all", refused)
    monkeypatch.setattr(jobs_table, "find_item", lambda *_: profile)

    with pytest.raises(LikenessError) as raised:
        jobs_table.JobsTable(Table(), FakeClock()).create(a_job(), [])

    assert type(raised.value) is error
