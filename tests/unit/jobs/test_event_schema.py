"""The event schema, its file and its page."""

import json

import pytest

from docs import event_schemas
from likeness import events
from likeness.domain.jobs.job import JobState
from tests.builders import an_event
from tests.infra.documents import ROOT

PAGE = (ROOT / "docs" / "events.md").read_text()


@pytest.mark.parametrize("path", event_schemas.FILES, ids=lambda path: path.name)
def test_the_schema_file_is_up_to_date(path):
    assert path.read_text() == event_schemas.text_of(path), "run: make generated"


def test_the_page_names_every_state():
    missing = [state for state in JobState if f"`{state}`" not in PAGE]
    assert not missing, f"name these states in docs/events.md: {missing}"


def test_the_page_names_every_field():
    for name in events.JobStateChanged.model_fields:
        assert f"`{name}`" in PAGE


def test_new_states_reasons_and_fields_do_not_change_the_schema():
    """Version 1 may grow: the schema allows any string and lists no values."""
    properties = events.schema()["properties"]

    assert events.schema().get("additionalProperties", True) is True
    for field in (
        properties["state"],
        *properties["previous"]["anyOf"][:1],
        *properties["reason"]["anyOf"][:1],
    ):
        assert (field["type"], len(field["examples"])) == ("string", 1)
        assert "enum" not in field
    received = json.loads(an_event().model_dump_json()) | {"mood": "good"}
    assert events.JobStateChanged.model_validate(received) == an_event()


def test_events_contain_no_personal_data():
    """docs/events.md promises this list."""
    assert set(events.JobStateChanged.model_fields) == {
        "schema_version",
        "event_id",
        "job_id",
        "version",
        "state",
        "previous",
        "at",
        "reason",
        "test",
        "photos_left_out",
    }


@pytest.mark.parametrize("given", [{}, {"event": an_event(), "fault": "both"}])
def test_a_stream_record_is_an_event_or_a_fault(given):
    with pytest.raises(ValueError, match="either an event or a fault"):
        events.StreamRecord(sequence="1", **given)
