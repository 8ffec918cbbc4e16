"""How a record of the table's stream is read."""

from typing import Any

import pytest
from boto3.dynamodb.types import TypeSerializer

from likeness.adapters.jobs.jobs_table import job_item
from likeness.domain.jobs.job import Job, JobState
from likeness.domain.reasons import Reason
from likeness.entrypoints.stream import on_changes, read
from tests.builders import JOB, NOW, USER, Context, a_job

END = JobState.REFUSED


def record(new: Job | None, old: Job | None = None, **edited: Any) -> dict[str, Any]:
    """A write as DynamoDB's stream reports it; `edited` overrides the new image."""
    images = {}
    if new:
        images["NewImage"] = image(job_item(new) | edited)
    if old:
        images["OldImage"] = image(job_item(old))
    change = {"SequenceNumber": "7", "ApproximateCreationDateTime": NOW.timestamp(), **images}
    return {"eventName": "MODIFY" if old else "INSERT", "dynamodb": change}


def image(item: dict[str, Any]) -> dict[str, Any]:
    serialize = TypeSerializer().serialize
    return {name: serialize(value) for name, value in item.items()}


def test_a_new_job_is_a_change_from_nothing():
    change = read(record(a_job()))

    assert change is not None
    assert change.event is not None
    assert change.event.model_dump(mode="json") == {
        "schema_version": 1,
        "event_id": f"{JOB}.1",
        "job_id": JOB,
        "version": 1,
        "state": "open",
        "previous": None,
        "at": a_job().created_at.isoformat().replace("+00:00", "Z"),
        "reason": None,
    }


@pytest.mark.parametrize("state", list(JobState))
def test_every_state_can_be_announced(state):
    old = a_job()
    new = a_job().change(state=state) if state is JobState.OPEN else a_job(state)

    change = read(record(new, old))

    assert (change is None) == (state is JobState.OPEN)
    if change:
        assert change.event
        assert (change.event.state, change.event.previous) == (state, JobState.OPEN)


def test_an_ended_job_has_its_reason_and_time():
    old = a_job(JobState.MODERATING)
    new = old.move(END, NOW, reason=Reason.POLICY_NUDITY)

    change = read(record(new, old))

    assert change
    assert change.event
    assert (change.event.reason, change.event.at) == (Reason.POLICY_NUDITY, NOW)
    assert change.event.event_id == f"{JOB}.{new.version}"


def test_a_change_that_is_read_again_is_the_same_event():
    old = a_job()
    change = record(old.move(JobState.EXPIRED, NOW), old)

    assert read(change) == read(change)


def test_a_job_without_a_time_gets_the_time_of_the_stream():
    change = read(record(a_job(), timeline=[]))

    assert change
    assert change.event
    assert change.event.at == NOW


def test_a_change_without_a_new_state_is_no_event():
    old = a_job(JobState.GENERATING)

    assert read(record(old.change(attempt=2), old)) is None


def test_a_deleted_job_is_no_event():
    """Its time to live ended, or its user was erased: the last state was already published."""
    assert read(record(None, a_job())) is None


@pytest.mark.parametrize(
    ("edited", "fault"),
    [
        ({"state": "daydreaming"}, "state: Input should be"),
        ({"version": 0}, "version: Input should be greater"),
        ({"job_id": f"{USER} was here"}, "job_id: String should match"),
        ({"timeline": [{"state": "open"}]}, "missing: 'at'"),
        ({"version": "many"}, "ValueError"),
    ],
)
def test_an_unreadable_record_names_the_error_and_no_value(edited, fault):
    change = read(record(a_job(), **edited))

    assert change
    assert change.event is None
    assert fault in str(change.fault)
    assert USER not in str(change.fault)
    assert "daydreaming" not in str(change.fault)


def test_an_event_does_not_name_the_user():
    change = read(record(a_job()))

    assert change
    assert USER not in change.model_dump_json()


def test_lambda_gets_the_first_failed_sequence_number():
    @on_changes
    def handler(changes):
        assert [change.sequence for change in changes] == ["7"]
        return "7"

    event = {"Records": [record(a_job()), record(a_job().change(attempt=1), a_job())]}

    assert handler(event, Context()) == {"batchItemFailures": [{"itemIdentifier": "7"}]}


def test_lambda_gets_an_empty_list_of_failures():
    @on_changes
    def handler(changes):
        return None

    assert handler({"Records": [record(a_job())]}, Context()) == {"batchItemFailures": []}
