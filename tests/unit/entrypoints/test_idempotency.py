"""Idempotency-Key: a repeated request gets the same response, another one is refused."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import likeness
from likeness.api.app import AddPhoto, Created, StoredJob, Submitted
from likeness.domain.errors import Conflict, OverQuota
from likeness.domain.jobs.job import JobState
from likeness.entrypoints import idempotency
from likeness.entrypoints.http import InPart, Picture, Repeats, route
from tests.builders import JOB, NOW, OTHER_JOB, USER, Context
from tests.fakes import FakeAnswers, FakeBucket, FakePhotos

HOST = "AROAEXAMPLE:host-1"
JPEG = {"content_type": "image/jpeg"}


@pytest.fixture(autouse=True)
def answers(monkeypatch):
    store = FakeAnswers()
    monkeypatch.setattr(idempotency, "store", lambda: store)
    return store


@pytest.fixture(autouse=True)
def pauses(monkeypatch):
    """The pauses that would have been waited for; no test waits."""
    waited: list[float] = []
    monkeypatch.setattr(idempotency, "sleep", waited.append)
    return waited


class Counter:
    """A route that submits, and a counter of its runs."""

    def __init__(self, error: Exception | None = None) -> None:
        self.calls = 0
        self.error = error
        self.during: Any = None

        @route("POST", "/v1/jobs/{job_id}/photos", takes=AddPhoto, gives=Submitted)
        def handler(job_id: str, request: AddPhoto) -> Submitted:
            self.calls += 1
            if self.during:
                self.during()
            if self.error:
                raise self.error
            state = list(JobState)[self.calls]  # another response each time
            return Submitted(job_id=job_id, state=state)

        self.handler = handler


def post(  # differences between two requests, by name
    handler: Any,
    key: str | None = "key-1",
    *,
    body: Any = JPEG,
    job_id: str = JOB,
    iam: str | None = HOST,
    sub: str | None = None,
) -> tuple[int, dict[str, Any]]:
    authorizer: dict[str, Any] = {"iam": {"callerId": iam}} if iam else {}
    if sub:
        authorizer = {"jwt": {"claims": {"sub": sub, "cognito:groups": "[moderators]"}}}
    event = {
        "headers": {} if key is None else {"idempotency-key": key},
        "pathParameters": {"job_id": job_id},
        "requestContext": {"authorizer": authorizer},
        "body": body if isinstance(body, str) else json.dumps(body),
        "isBase64Encoded": False,
    }
    answer = handler(event, Context())
    return answer["statusCode"], json.loads(answer["body"])


def test_a_repeated_request_runs_once_and_gets_the_same_response():
    counter = Counter()

    first, again = post(counter.handler), post(counter.handler)

    assert first == again == (200, {"job_id": JOB, "state": "moderating"})
    assert counter.calls == 1


def test_without_a_key_every_request_runs(answers):
    counter = Counter()

    assert post(counter.handler, None) != post(counter.handler, None)
    assert counter.calls == 2
    assert answers.records == {}


def test_another_key_is_another_request():
    counter = Counter()

    assert post(counter.handler, "key-1") != post(counter.handler, "key-2")


@pytest.mark.parametrize("other", [{"body": {"content_type": "image/png"}}, {"job_id": OTHER_JOB}])
def test_a_key_used_again_with_another_body_or_path_is_refused(other):
    counter = Counter()
    post(counter.handler)

    status, problem = post(counter.handler, **other)

    assert (status, problem["error"]) == (422, "KeyReused")
    assert set(problem) == {"error", "message"}
    assert counter.calls == 1


def test_a_key_used_again_at_another_route_is_refused():
    @route("POST", "/v1/jobs/{job_id}/submit", takes=AddPhoto, gives=Submitted)
    def elsewhere(job_id: str, request: AddPhoto) -> Submitted:
        raise AssertionError

    post(Counter().handler)

    assert post(elsewhere)[0] == 422


def test_an_equivalent_json_body_is_the_same_request():
    counter = Counter()

    first = post(counter.handler, body='{"content_type": "image/jpeg"}')
    again = post(counter.handler, body='  {"content_type":"image\\/jpeg"}\n')

    assert first == again
    assert counter.calls == 1


def test_a_key_belongs_to_its_caller():
    counter = Counter()

    ours = post(counter.handler)
    theirs = post(counter.handler, iam="AROAOTHER:host-1")
    moderators = post(counter.handler, iam=None, sub="subject-1")

    assert len({str(answer) for answer in (ours, theirs, moderators)}) == 3


def test_two_hosts_with_the_same_role_are_one_caller():
    counter = Counter()

    assert post(counter.handler, iam=HOST) == post(counter.handler, iam="AROAEXAMPLE:host-2")
    assert counter.calls == 1


def test_a_key_without_a_caller_is_refused():
    counter = Counter()

    assert post(counter.handler, iam=None)[0] == 403
    assert counter.calls == 0


@pytest.mark.parametrize("key", ["", "x" * 256, "käse", "a\tb", "a\nb", "\x7f", "…"])
def test_a_malformed_key_is_refused_by_name(key, answers):
    counter = Counter()

    status, problem = post(counter.handler, key)

    assert (status, problem["error"]) == (400, "Invalid")
    assert "Idempotency-Key" in problem["message"]
    assert counter.calls == 0
    assert answers.records == {}


@pytest.mark.parametrize("key", ["x", "x" * 255, "! ~", '"8e03978e-40d5-43dd-bc93-6894a57f9324"'])
def test_every_printable_key_is_accepted(key):
    counter = Counter()

    assert post(counter.handler, key) == post(counter.handler, key)
    assert counter.calls == 1


def test_an_error_is_not_stored():
    counter = Counter(OverQuota("come back tomorrow"))
    assert post(counter.handler)[0] == 429

    counter.error = None

    assert post(counter.handler)[0] == 200
    assert post(counter.handler)[0] == 200
    assert counter.calls == 2


def test_an_invalid_body_does_not_use_up_the_key():
    counter = Counter()
    assert post(counter.handler, body="{}")[0] == 400

    assert post(counter.handler)[0] == 200


def test_an_unexpected_error_is_not_stored(caplog):
    counter = Counter(RuntimeError("a bug"))
    assert post(counter.handler)[0] == 500

    counter.error = None

    assert post(counter.handler)[0] == 200


def test_a_concurrent_repeat_waits_for_the_response(monkeypatch):
    """The first request ends while the second waits."""
    counter, at_work, go_on = Counter(), threading.Event(), threading.Event()
    answered: list[Any] = []
    first = threading.Thread(target=lambda: answered.append(post(counter.handler)))

    def work() -> None:
        at_work.set()
        assert go_on.wait(30)

    def pause(_: float) -> None:
        go_on.set()
        first.join(30)

    counter.during = work
    monkeypatch.setattr(idempotency, "sleep", pause)
    first.start()
    assert at_work.wait(30)

    assert [post(counter.handler)] == answered
    assert counter.calls == 1


def test_a_concurrent_repeat_is_asked_to_retry_after_its_wait(pauses):
    counter, responses = Counter(), []
    counter.during = lambda: responses.append(post(counter.handler))

    first = post(counter.handler)

    ((status, problem),) = responses
    assert (status, problem["error"]) == (409, "InProgress")
    assert "send it again" in problem["message"]
    assert pauses == list(idempotency.PAUSES_S)
    assert counter.calls == 1
    assert post(counter.handler) == first


def test_a_concurrent_request_with_another_body_is_refused_at_once(pauses):
    counter, responses = Counter(), []
    other = {"content_type": "image/png"}
    counter.during = lambda: responses.append(post(counter.handler, body=other))

    post(counter.handler)

    assert responses[0][0] == 422
    assert pauses == []


def test_a_key_whose_function_died_is_released_after_its_timeout(answers, pauses):
    class Died(BaseException): ...

    def die() -> None:
        raise Died

    counter = Counter()
    counter.during = die
    with pytest.raises(Died):
        post(counter.handler)
    counter.during = None
    assert post(counter.handler)[0] == 409

    answers.die()

    assert post(counter.handler)[0] == 200


def test_a_key_expires_after_a_day(answers):
    counter = Counter()
    post(counter.handler)

    answers.expire()

    assert post(counter.handler, body={"content_type": "image/png"})[0] == 200
    assert counter.calls == 2


def test_the_request_does_not_run_if_the_store_is_unavailable(answers, caplog):
    counter = Counter()
    answers.down = True

    status, problem = post(counter.handler)

    assert (status, problem["error"]) == (503, "Unavailable")
    assert counter.calls == 0


def test_neither_key_nor_caller_nor_body_is_stored(answers):
    @route("POST", "/v1/users/{user_id}/things", takes=AddPhoto, gives=Submitted)
    def handler(job_id: str, request: AddPhoto) -> Submitted:
        return Submitted(job_id=JOB, state=JobState.OPEN)

    post(handler, "my-own-key")

    stored = answers.everything()
    assert JOB in stored
    for secret in ("my-own-key", "AROAEXAMPLE", "image/jpeg", USER):
        assert secret not in stored


def test_of_a_response_with_presigned_posts_only_ids_are_stored(answers):
    photos = FakePhotos(FakeBucket())
    made: list[Any] = []

    def again(kept: StoredJob, **parameters: str) -> Created:
        made.append((kept, parameters))
        presigned_posts = tuple(
            photos.presigned_post(JOB, one.photo_id, "image/jpeg") for one in kept.uploads
        )
        return Created(job_id=kept.job_id, submit_by=NOW, uploads=presigned_posts)

    @route("POST", "/v1/jobs/{job_id}", gives=Created, repeats=InPart(StoredJob, again))
    def handler(job_id: str) -> Created:
        presigned_posts = tuple(
            photos.presigned_post(JOB, f"p{n:02d}", "image/jpeg") for n in (1, 2)
        )
        return Created(job_id=JOB, submit_by=NOW, uploads=presigned_posts)

    first, second = post(handler), post(handler)

    assert first == second
    assert made == [
        (
            StoredJob.model_validate(
                {"job_id": JOB, "uploads": [{"photo_id": "p01"}, {"photo_id": "p02"}]}
            ),
            {"job_id": JOB},
        )
    ]
    assert "policy" not in answers.everything()
    assert "http" not in answers.everything()


def test_a_response_that_cannot_be_rebuilt_is_an_error_and_stays_stored():
    said: list[Exception] = [Conflict("the job moved on")]

    def again(kept: Submitted, **_: str) -> Submitted:
        if said:
            raise said.pop()
        return kept

    @route("POST", "/v1/jobs/{job_id}/x", gives=Submitted, repeats=InPart(Submitted, again))
    def handler(job_id: str) -> Submitted:
        return Submitted(job_id=job_id, state=JobState.OPEN)

    assert [post(handler)[0] for _ in range(3)] == [200, 409, 200]


def test_an_idempotent_route_accepts_a_key_and_stores_nothing(answers):
    @route("POST", "/v1/x/{job_id}", gives=Submitted, repeats=Repeats.DONE_AGAIN)
    def handler(job_id: str) -> Submitted:
        return Submitted(job_id=job_id, state=JobState.OPEN)

    assert post(handler) == post(handler)
    assert post(handler, "")[0] == 400
    assert answers.records == {}


def test_a_route_that_returns_a_picture_cannot_store_responses():
    with pytest.raises(TypeError, match="DONE_AGAIN"):

        @route("POST", "/v1/x", gives=Picture)
        def handler() -> Picture:
            raise AssertionError


def test_a_key_is_ignored_on_a_get_route(answers):
    @route("GET", "/v1/jobs/{job_id}", gives=Submitted)
    def handler(job_id: str) -> Submitted:
        return Submitted(job_id=job_id, state=JobState.OPEN)

    assert post(handler, "")[0] == 200
    assert answers.records == {}


def test_only_functions_that_store_responses_import_the_idempotency_utility():
    """Each route's function is imported as Lambda does it: alone, in its own interpreter."""
    program = (
        "import sys, importlib; importlib.import_module(sys.argv[1])\n"
        "print('aws_lambda_powertools.utilities.idempotency' in sys.modules)"
    )
    root = Path(likeness.__file__).parents[3]

    def imports(name: str) -> bool:
        completed = subprocess.run(
            [sys.executable, "-c", program, f"functions.{name}"],
            env={"PYTHONPATH": f"{root}:{root}/layers/likeness", "PATH": ""},
            capture_output=True,
            text=True,
            check=True,
        )
        return completed.stdout.strip() == "True"

    keeping = {"create_job": True, "get_job": False, "list_styles": False, "decide_review": False}
    assert {name: imports(name) for name in keeping} == keeping
