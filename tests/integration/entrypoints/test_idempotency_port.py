"""Responses stored under Idempotency-Keys: the fake, and the table on moto."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer

from likeness.api.jobs import JobStateView
from likeness.domain.errors import Conflict, InProgress, KeyReused, Unavailable
from likeness.domain.jobs.job import JobState
from likeness.entrypoints import idempotency
from likeness.entrypoints.http import StoredPart
from likeness.entrypoints.idempotency import KeyedRequest, run_once
from tests.builders import JOB, Context
from tests.fakes import FakeAnswers
from tests.integration.aws_answers import fail

REQUEST = {"path": "/v1/jobs", "parameters": {}, "body": {"user_id": "user-1"}}
ANSWER = JobStateView(job_id=JOB, state=JobState.MODERATING)


class InTable:
    """FakeAnswers' counterpart: changes the table without the utility."""

    def __init__(self, table: Any, client: Any) -> None:
        self._table = table
        self.client = client
        self.store = DynamoDBPersistenceLayer(table.name, boto3_client=client)

    def items(self) -> list[dict[str, Any]]:
        return list(self._table.scan()["Items"])

    def everything(self) -> str:
        return repr(self.items())

    def expire(self) -> None:
        self._set("expiration")

    def die(self) -> None:
        self._set("in_progress_expiration")

    def _set(self, name: str) -> None:
        for item in self.items():
            self._table.put_item(Item=item | {name: 1})


@pytest.fixture
def in_table(idempotency_table, session, monkeypatch):
    there = InTable(idempotency_table, session.client("dynamodb"))
    monkeypatch.setattr(idempotency, "store", lambda: there.store)
    monkeypatch.setattr(idempotency, "PAUSES_S", ())
    return there


@pytest.fixture
def answers(kind, request, monkeypatch):
    if kind == "aws":
        return request.getfixturevalue("in_table")
    fake = FakeAnswers()
    monkeypatch.setattr(idempotency, "store", lambda: fake)
    monkeypatch.setattr(idempotency, "PAUSES_S", ())
    return fake


@pytest.fixture
def work():
    return Work()


class Work:
    def __init__(self) -> None:
        self.calls = 0
        self.error: Exception | None = None
        self.lock = threading.Lock()

    def __call__(self) -> JobStateView:
        with self.lock:
            self.calls += 1
        if self.error:
            raise self.error
        return ANSWER


UNCHANGED = StoredPart(JobStateView, lambda part: part)


def ask(work, *, key="key-1", request=REQUEST, caller="iam:role", milliseconds=20_000):
    keyed = KeyedRequest(caller=caller, key=key, request=request)
    return run_once(work, keyed, UNCHANGED, {}, Context(milliseconds))


def test_the_stored_response_is_returned_unchanged(answers, work):
    assert ask(work) == ask(work) == ANSWER
    assert work.calls == 1


def test_keys_and_callers_are_separate(answers, work):
    for other in ({}, {"key": "key-2"}, {"caller": "iam:other"}):
        ask(work, **other)

    assert work.calls == 3


def test_another_request_under_a_key_is_refused(answers, work):
    ask(work)

    with pytest.raises(KeyReused):
        ask(work, request=REQUEST | {"body": {"user_id": "user-2"}})
    with pytest.raises(KeyReused):
        ask(work, request=REQUEST | {"path": "/v1/reviews"})

    assert work.calls == 1


def test_an_error_is_not_stored(answers, work):
    work.error = Conflict("not now")
    with pytest.raises(Conflict):
        ask(work)

    work.error = None

    assert ask(work) == ANSWER


def test_a_concurrent_repeat_is_asked_to_retry(answers, work):
    def repeats_concurrently() -> JobStateView:
        with pytest.raises(InProgress):
            ask(work)
        return work()

    assert ask(repeats_concurrently) == ANSWER
    assert work.calls == 1
    assert ask(work) == ANSWER


def test_of_many_concurrent_repeats_one_runs_and_all_get_its_response(answers, work, monkeypatch):
    monkeypatch.setattr(idempotency, "PAUSES_S", (0.05,) * 200)

    with ThreadPoolExecutor(8) as pool:
        answered = list(pool.map(lambda _: ask(work), range(16)))

    assert answered == [ANSWER] * 16
    assert work.calls == 1


def test_a_key_expires_after_a_day(answers, work):
    ask(work)

    answers.expire()

    assert ask(work, request=REQUEST | {"body": None}) == ANSWER
    assert work.calls == 2


def test_a_key_whose_function_died_is_locked_until_its_timeout(answers, work):
    class Died(BaseException): ...

    def die() -> JobStateView:
        raise Died

    with pytest.raises(Died):
        ask(die)
    with pytest.raises(InProgress):
        ask(work)

    answers.die()

    assert ask(work) == ANSWER


def test_only_digests_and_the_stored_part_of_the_response_are_written(answers, work):
    ask(work, key="my-own-key", caller="iam:AROAEXAMPLE")

    stored = answers.everything()
    assert JOB in stored
    for secret in ("my-own-key", "AROAEXAMPLE", "user-1", "/v1/jobs"):
        assert secret not in stored


# --- the table alone ----------------------------------------------------------------------------


def test_a_response_expires_after_a_day_by_the_attribute_in_the_template(in_table, work):
    ask(work)

    (item,) = in_table.items()
    assert abs(int(item["expiration"]) - time.time() - 24 * 3600) < 60
    assert item["status"] == "COMPLETED"


@pytest.mark.parametrize("operation", ["PutItem", "UpdateItem"])
def test_a_table_that_does_not_respond_is_unavailable(in_table, work, operation):
    fail(in_table.client, operation, "InternalServerError", times=99)

    with pytest.raises(Unavailable):
        ask(work)

    assert work.calls == (operation == "UpdateItem")


def test_work_whose_response_could_not_be_stored_is_not_repeated_at_once(in_table, work):
    """Its key stays locked until the function's timeout; after that it runs again."""
    fail(in_table.client, "UpdateItem", "InternalServerError", times=1)
    with pytest.raises(Unavailable):
        ask(work)

    with pytest.raises(InProgress):
        ask(work)
    in_table.die()

    assert ask(work) == ANSWER
    assert work.calls == 2


def test_the_store_is_the_table_that_the_template_names(in_table, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    for name in ("TABLE", "PHOTOS_BUCKET", "AVATARS_BUCKET"):
        monkeypatch.setenv(f"LIKENESS_{name}", "x")
    open_store = idempotency.store.__wrapped__

    with pytest.raises(RuntimeError, match="LIKENESS_IDEMPOTENCY_TABLE"):
        open_store()
    monkeypatch.setenv("LIKENESS_IDEMPOTENCY_TABLE", "answers")

    assert open_store().table_name == "answers"
