"""Handlers of the delivery queue, and of the container's files of progress."""

import logging

import pytest
from pydantic import ValidationError

from likeness.domain.webhooks.delivery import Chain
from likeness.entrypoints.s3_events import on_progress
from likeness.entrypoints.sqs import on_chain
from tests.builders import JOB, WEBHOOK, Context

CHAIN = Chain(webhook_id=WEBHOOK, subject=JOB)


def test_a_message_is_a_chain_and_its_ids_are_logged(caplog):
    worked = []
    handler = on_chain(worked.append)

    with caplog.at_level(logging.INFO):
        handler({"Records": [{"body": CHAIN.model_dump_json()}]}, Context())

    assert worked == [CHAIN]


def test_an_error_has_the_message_sent_again():
    def fail(_: Chain) -> None:
        raise MemoryError

    with pytest.raises(MemoryError):
        on_chain(fail)({"Records": [{"body": CHAIN.model_dump_json()}]}, Context())


@pytest.mark.parametrize("body", ["", "{}", '{"webhook_id": "w1", "subject": "j1"}'])
def test_a_message_that_is_no_chain_is_an_error(body):
    with pytest.raises(ValidationError):
        on_chain(lambda _: None)({"Records": [{"body": body}]}, Context())


def written(key: str) -> dict:
    return {"detail": {"object": {"key": key}}}


def test_a_file_of_progress_names_job_and_attempt():
    worked = []

    def note(job_id, attempt):
        worked.append((job_id, attempt))

    on_progress(note)(written(f"work/{JOB}/r2/checkpoints/progress.json"), Context())

    assert worked == [(JOB, 2)]


@pytest.mark.parametrize(
    "key",
    [
        f"work/{JOB}/r3/checkpoints/progress.json",
        f"work/{JOB}/r1/order/progress.json",
        "work/x/r1/checkpoints/progress.json",
        f"work/{JOB}/r1/checkpoints/progressXjson",
    ],
)
def test_another_file_is_ignored(key):
    on_progress(lambda *_: pytest.fail("it is no progress"))(written(key), Context())
