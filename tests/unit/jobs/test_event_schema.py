"""The event schema matches its page and its file."""

import json

import pytest

from infra import event_schemas
from likeness import events
from likeness.domain.jobs.job import JobState
from likeness.domain.reasons import Reason
from tests.builders import an_event
from tests.infra.documents import ROOT

PAGE = (ROOT / "docs" / "events.md").read_text()


@pytest.mark.parametrize("path", event_schemas.FILES, ids=lambda path: path.name)
def test_the_schema_in_docs_matches_the_code(path):
    assert path.read_text() == event_schemas.text_of(path), "run: make event-schemas"


def test_the_page_names_every_field():
    for name in events.JobStateChanged.model_fields:
        assert f"`{name}`" in PAGE


def test_consumers_of_this_version_accept_new_states_reasons_and_fields():
    """They may be added without a new version, so the schema must not forbid them."""
    properties = events.schema()["properties"]

    assert events.schema().get("additionalProperties", True) is True
    assert properties["state"] == {
        "type": "string",
        "examples": [state.value for state in JobState],
    }
    assert properties["reason"]["anyOf"][0]["examples"] == [reason.value for reason in Reason]
    extended = json.loads(an_event().model_dump_json()) | {"mood": "good"}
    assert events.JobStateChanged.model_validate(extended) == an_event()


def test_an_event_contains_no_personal_data():
    """A new field is a decision: docs/events.md promises this list."""
    assert set(events.JobStateChanged.model_fields) == {
        "schema_version",
        "event_id",
        "job_id",
        "version",
        "state",
        "previous",
        "at",
        "reason",
    }


@pytest.mark.parametrize("given", [{}, {"event": an_event(), "fault": "both"}])
def test_a_stream_record_has_either_an_event_or_an_error(given):
    with pytest.raises(ValueError, match="an event or a fault"):
        events.StreamRecord(sequence="1", **given)
