"""Attempts on a generation backend: the fake, and DynamoDB."""

import pytest

from likeness.domain.errors import Conflict, NotFound
from likeness.domain.generation.run import Run, RunState
from tests.builders import JOB, NOW, OTHER_JOB


def a_run(**fields) -> Run:
    return Run(**{"job_id": JOB, "attempt": 1, "requested_at": NOW, "task_token": "t1"} | fields)


def test_an_attempt_is_read_as_it_was_stored(tables):
    tables.runs.save(a_run())

    assert tables.runs.get(JOB, 1) == a_run()


@pytest.mark.parametrize("where", [(JOB, 2), (OTHER_JOB, 1)])
def test_an_attempt_that_was_never_requested_is_not_found(tables, where):
    tables.runs.save(a_run())

    with pytest.raises(NotFound):
        tables.runs.get(*where)


def test_only_the_first_of_two_requests_is_stored(tables):
    tables.runs.save(a_run())

    with pytest.raises(Conflict):
        tables.runs.save(a_run(task_token="t2"))


def test_saving_the_same_version_twice_is_idempotent(tables):
    for _ in range(2):
        tables.runs.save(a_run())
    began = a_run().started("s3://failure")
    for _ in range(2):
        tables.runs.save(began)

    assert tables.runs.get(JOB, 1) == began


def test_a_writer_with_an_older_version_cannot_undo_a_stop(tables):
    seen = a_run()
    tables.runs.save(seen)
    tables.runs.save(seen.stop())

    with pytest.raises(Conflict):
        tables.runs.save(seen.started("s3://failure"))

    assert tables.runs.get(JOB, 1).state is RunState.STOPPED
    assert tables.runs.get(JOB, 1).task_token is None
