"""Attempts on the endpoint: the fake, and DynamoDB."""

import pytest

from likeness.domain.errors import Conflict, NotFound
from likeness.domain.generation.inference import Inference, InferenceState
from tests.builders import JOB, NOW, OTHER_JOB


def an_inference(**fields) -> Inference:
    return Inference(
        **{"job_id": JOB, "attempt": 1, "requested_at": NOW, "task_token": "t1"} | fields
    )


def test_an_attempt_is_read_as_it_was_stored(tables):
    tables.inferences.save(an_inference())

    assert tables.inferences.get(JOB, 1) == an_inference()


@pytest.mark.parametrize("where", [(JOB, 2), (OTHER_JOB, 1)])
def test_an_attempt_that_was_never_requested_is_not_found(tables, where):
    tables.inferences.save(an_inference())

    with pytest.raises(NotFound):
        tables.inferences.get(*where)


def test_only_the_first_of_two_requests_is_stored(tables):
    tables.inferences.save(an_inference())

    with pytest.raises(Conflict):
        tables.inferences.save(an_inference(task_token="t2"))


def test_saving_the_same_version_twice_is_idempotent(tables):
    for _ in range(2):
        tables.inferences.save(an_inference())
    began = an_inference().started("s3://failure")
    for _ in range(2):
        tables.inferences.save(began)

    assert tables.inferences.get(JOB, 1) == began


def test_a_writer_with_an_older_version_cannot_undo_a_stop(tables):
    seen = an_inference()
    tables.inferences.save(seen)
    tables.inferences.save(seen.stop())

    with pytest.raises(Conflict):
        tables.inferences.save(seen.started("s3://failure"))

    assert tables.inferences.get(JOB, 1).state is InferenceState.STOPPED
    assert tables.inferences.get(JOB, 1).task_token is None
