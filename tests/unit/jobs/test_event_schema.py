"""The event schemas, their files and their page."""

import json
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

from docs import event_schemas
from likeness import events
from likeness.domain.jobs.job import JobState
from likeness.domain.webhooks.webhook import EventType
from tests.builders import NOW, OTHER_JOB, WEBHOOK, an_event
from tests.infra.documents import ROOT

PAGE = (ROOT / "docs" / "events.md").read_text()
KINDS = sorted(events.EVENTS.values(), key=lambda kind: kind.type)
# What an event may say about a user. docs/privacy.md and docs/events.md promise this list.
PERSONAL = {"user_id", "metadata"}
ABOUT_JOBS = {"schema_version", "event_id", "at", "user_id", "metadata", "test", "job_id"}
FIELDS = {
    "JobStateChanged": ABOUT_JOBS
    | {"version", "state", "previous", "reason", "photos_left_out", "avatars_expire_at"},
    "JobProgressed": ABOUT_JOBS | {"done", "total"},
    "PhotoChecked": ABOUT_JOBS | {"photo_id", "state", "reason"},
    "PhotosDeleted": ABOUT_JOBS,
    "AvatarsDeleted": ABOUT_JOBS,
    "UserErased": ABOUT_JOBS - {"job_id"} | {"erasure_id", "jobs", "objects"},
    "WebhookTested": {"schema_version", "event_id", "at", "webhook_id"},
}


@pytest.mark.parametrize("path", event_schemas.FILES, ids=lambda path: path.name)
def test_the_schema_file_is_up_to_date(path):
    assert path.read_text() == event_schemas.text_of(path), "run: make generated"


def test_every_type_has_a_schema_and_no_file_is_left_over():
    assert set(events.EVENTS) == set(EventType)
    folder = ROOT / "docs" / "events"
    assert sorted(folder.iterdir()) == sorted(event_schemas.FILES)


def test_the_page_names_every_state():
    missing = [state for state in JobState if f"`{state}`" not in PAGE]
    assert not missing, f"name these states in docs/events.md: {missing}"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.type)
def test_the_page_names_every_type_and_field(kind):
    assert f"`{kind.type}`" in PAGE
    assert [name for name in kind.model_fields if f"`{name}`" not in PAGE] == []


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.type)
def test_the_fields_of_an_event_are_these(kind):
    assert set(kind.model_fields) == FIELDS[kind.type]
    assert set(kind.model_fields) >= PERSONAL or kind.type is EventType.WEBHOOK_TESTED


def test_new_states_reasons_and_fields_do_not_change_the_schema():
    """Version 1 may grow: the schema allows any string and lists no values."""
    for kind in KINDS:
        schema = events.schema(kind)
        assert schema.get("additionalProperties", True) is True
        assert "enum" not in json.dumps(schema)
    properties: dict[str, Any] = events.schema(events.JobStateChanged)["properties"]
    for found in (properties["state"], properties["reason"]["anyOf"][0]):
        assert (found["type"], len(found["examples"])) == ("string", 1)
    received = json.loads(an_event().model_dump_json()) | {"mood": "good"}
    assert events.JobStateChanged.model_validate(received) == an_event()


def test_an_event_is_valid_by_its_schema():
    schema = events.schema(events.JobStateChanged)

    Draft202012Validator(schema).validate(json.loads(an_event().model_dump_json()))


def test_ids_have_no_full_stop():
    """Standard Webhooks signs id, time and body with full stops between them."""
    for text in ("j1.1", "a b", "", "x" * 81):
        with pytest.raises(ValueError, match="event_id"):
            an_event(event_id=text)


def test_an_event_names_what_it_is_about():
    assert an_event(OTHER_JOB).subject == OTHER_JOB
    tested = events.WebhookTested(event_id="t", at=NOW, webhook_id=WEBHOOK)
    assert tested.subject == WEBHOOK


@pytest.mark.parametrize("given", [{}, {"event": an_event(), "fault": "both"}])
def test_a_stream_record_is_one_of_three(given):
    with pytest.raises(ValueError, match="either an event, a draft or a fault"):
        events.StreamRecord(sequence="1", **given)
