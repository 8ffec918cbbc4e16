"""Records of the table's DynamoDB stream."""

from typing import Any

import pytest
from boto3.dynamodb.types import TypeSerializer

from likeness.adapters.jobs.jobs_table import job_item
from likeness.domain.jobs.job import Job, JobState
from likeness.domain.reasons import Reason
from likeness.entrypoints.dynamodb_stream import on_changes, read
from tests.builders import JOB, NOW, USER, Context, a_job

END = JobState.REFUSED


def record(new: Job | None, old: Job | None = None, **edited: Any) -> dict[str, Any]:
    """A record of a write; `edited` overrides attributes of the new image."""
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


def test_a_new_job_has_no_previous_state():
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
        "test": False,
        "photos_left_out": 0,
    }


@pytest.mark.parametrize("state", list(JobState))
def test_every_state_becomes_an_event(state):
    old = a_job()
    new = a_job().change(state=state) if state is JobState.OPEN else a_job(state)

    change = read(record(new, old))

    assert (change is None) == (state is JobState.OPEN)
    if change:
        assert change.event
        assert (change.event.state, change.event.previous) == (state, JobState.OPEN)


def test_an_end_has_its_reason_and_time():
    old = a_job(JobState.MODERATING)
    new = old.move(END, NOW, reason=Reason.POLICY_NUDITY)

    change = read(record(new, old))

    assert change
    assert change.event
    assert (change.event.reason, change.event.at) == (Reason.POLICY_NUDITY, NOW)
    assert change.event.event_id == f"{JOB}.{new.version}"


def test_the_event_after_moderation_counts_the_photos_that_were_left_out():
    old = a_job(JobState.MODERATING, photos_left_out=2)

    change = read(record(old.move(JobState.GENERATING, NOW), old))

    assert change
    assert change.event
    assert (change.event.state, change.event.photos_left_out) == (JobState.GENERATING, 2)


def test_reading_a_change_is_deterministic():
    old = a_job()
    change = record(old.move(JobState.EXPIRED, NOW), old)

    assert read(change) == read(change)


def test_a_job_without_a_timeline_gets_the_time_of_the_record():
    change = read(record(a_job(), timeline=[]))

    assert change
    assert change.event
    assert change.event.at == NOW


def test_a_change_without_a_new_state_is_no_event():
    old = a_job(JobState.GENERATING)

    assert read(record(old.change(attempt=2), old)) is None


def test_a_deleted_job_is_no_event():
    """It expired or its user was erased; its last state was published."""
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
def test_an_unreadable_record_names_the_fault_and_repeats_no_value(edited, fault):
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


def test_lambda_retries_from_the_failed_record():
    @on_changes
    def handler(changes):
        assert [change.sequence for change in changes] == ["7"]
        return "7"

    event = {"Records": [record(a_job()), record(a_job().change(attempt=1), a_job())]}

    assert handler(event, Context()) == {"batchItemFailures": [{"itemIdentifier": "7"}]}


def test_a_batch_without_failures_reports_none():
    @on_changes
    def handler(changes):
        return None

    assert handler({"Records": [record(a_job())]}, Context()) == {"batchItemFailures": []}
