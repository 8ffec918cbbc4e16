"""Idempotency-Key: a repeated request gets the stored response, a different one is refused."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import likeness
from likeness.api.jobs import JobCreated, JobStateView, StoredJob
from likeness.api.photos import AddPhoto
from likeness.domain.errors import Conflict, OverQuota
from likeness.domain.jobs.job import JobState
from likeness.entrypoints import idempotency
from likeness.entrypoints.http import OnRepeat, Picture, StoredPart, route
from tests.builders import JOB, NOW, OTHER_JOB, USER, Context
from tests.fakes import FakeAnswers, FakeBucket, FakePhotos

HOST = "AROAEXAMPLE:host-1"
JPEG = {"content_type": "image/jpeg"}


@pytest.fixture(autouse=True)
def store(monkeypatch):
    fake = FakeAnswers()
    monkeypatch.setattr(idempotency, "store", lambda: fake)
    return fake


@pytest.fixture(autouse=True)
def pauses(monkeypatch):
    """The pauses that were requested; no test sleeps."""
    waited: list[float] = []
    monkeypatch.setattr(idempotency, "sleep", waited.append)
    return waited


class Counter:
    """A route that counts its calls."""

    def __init__(self, error: Exception | None = None) -> None:
        self.calls = 0
        self.error = error
        self.during_call: Any = None

        @route("POST", "/v1/jobs/{job_id}/photos", takes=AddPhoto, gives=JobStateView)
        def handler(job_id: str, request: AddPhoto) -> JobStateView:
            self.calls += 1
            if self.during_call:
                self.during_call()
            if self.error:
                raise self.error
            state = list(JobState)[self.calls]  # a different response for each call
            return JobStateView(job_id=job_id, state=state)

        self.handler = handler


def post(
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
        "headers": {"content-type": "application/json"}
        | ({} if key is None else {"idempotency-key": key}),
        "pathParameters": {"job_id": job_id},
        "requestContext": {"authorizer": authorizer},
        "body": body if isinstance(body, str) else json.dumps(body),
        "isBase64Encoded": False,
    }
    response = handler(event, Context())
    return response["statusCode"], json.loads(response["body"])


def test_a_repeated_request_gets_the_same_response_and_runs_once():
    counter = Counter()

    first, again = post(counter.handler), post(counter.handler)

    assert first == again == (200, {"job_id": JOB, "state": "moderating"})
    assert counter.calls == 1


def test_every_request_without_a_key_runs(store):
    counter = Counter()

    assert post(counter.handler, None) != post(counter.handler, None)
    assert counter.calls == 2
    assert store.records == {}


def test_another_key_is_another_request():
    counter = Counter()

    assert post(counter.handler, "key-1") != post(counter.handler, "key-2")


@pytest.mark.parametrize("other", [{"body": {"content_type": "image/png"}}, {"job_id": OTHER_JOB}])
def test_a_key_reused_with_another_body_or_path_is_refused(other):
    counter = Counter()
    post(counter.handler)

    status, problem = post(counter.handler, **other)

    assert (status, problem["error"]) == (422, "KeyReused")
    assert set(problem) == {"error", "message"}
    assert counter.calls == 1


def test_a_key_reused_on_another_route_is_refused():
    @route("POST", "/v1/jobs/{job_id}/submit", takes=AddPhoto, gives=JobStateView)
    def elsewhere(job_id: str, request: AddPhoto) -> JobStateView:
        raise AssertionError

    post(Counter().handler)

    assert post(elsewhere)[0] == 422


def test_equal_json_is_the_same_body():
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

    assert len({str(response) for response in (ours, theirs, moderators)}) == 3


def test_two_hosts_with_the_same_role_are_one_caller():
    counter = Counter()

    assert post(counter.handler, iam=HOST) == post(counter.handler, iam="AROAEXAMPLE:host-2")
    assert counter.calls == 1


def test_a_key_without_a_caller_is_refused():
    counter = Counter()

    assert post(counter.handler, iam=None)[0] == 403
    assert counter.calls == 0


@pytest.mark.parametrize("key", ["", "x" * 256, "käse", "a\tb", "a\nb", "\x7f", "…"])
def test_a_malformed_key_is_refused_by_name(key, store):
    counter = Counter()

    status, problem = post(counter.handler, key)

    assert (status, problem["error"]) == (400, "Invalid")
    assert "Idempotency-Key" in problem["message"]
    assert counter.calls == 0
    assert store.records == {}


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


def test_a_concurrent_request_waits_for_the_response(monkeypatch):
    """The first request ends while the second waits."""
    counter, at_work, go_on = Counter(), threading.Event(), threading.Event()
    responses: list[Any] = []
    first = threading.Thread(target=lambda: responses.append(post(counter.handler)))

    def work() -> None:
        at_work.set()
        assert go_on.wait(30)

    def pause(_: float) -> None:
        go_on.set()
        first.join(30)

    counter.during_call = work
    monkeypatch.setattr(idempotency, "sleep", pause)
    first.start()
    assert at_work.wait(30)

    assert [post(counter.handler)] == responses
    assert counter.calls == 1


def test_a_concurrent_request_gets_409_after_the_wait(pauses):
    counter, responses = Counter(), []
    counter.during_call = lambda: responses.append(post(counter.handler))

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
    counter.during_call = lambda: responses.append(post(counter.handler, body=other))

    post(counter.handler)

    assert responses[0][0] == 422
    assert pauses == []


def test_a_key_is_free_after_the_time_limit_of_a_function_that_died(store, pauses):
    class Died(BaseException): ...

    def die() -> None:
        raise Died

    counter = Counter()
    counter.during_call = die
    with pytest.raises(Died):
        post(counter.handler)
    counter.during_call = None
    assert post(counter.handler)[0] == 409

    store.die()

    assert post(counter.handler)[0] == 200


def test_a_key_expires_after_a_day(store):
    counter = Counter()
    post(counter.handler)

    store.expire()

    assert post(counter.handler, body={"content_type": "image/png"})[0] == 200
    assert counter.calls == 2


def test_nothing_runs_if_the_key_cannot_be_stored(store, caplog):
    counter = Counter()
    store.down = True

    status, problem = post(counter.handler)

    assert (status, problem["error"]) == (503, "Unavailable")
    assert counter.calls == 0


def test_neither_key_nor_caller_nor_body_is_stored(store):
    @route("POST", "/v1/users/{user_id}/things", takes=AddPhoto, gives=JobStateView)
    def handler(job_id: str, request: AddPhoto) -> JobStateView:
        return JobStateView(job_id=JOB, state=JobState.OPEN)

    post(handler, "my-own-key")

    stored = store.everything()
    assert JOB in stored
    for secret in ("my-own-key", "AROAEXAMPLE", "image/jpeg", USER):
        assert secret not in stored


def test_of_a_response_with_presigned_posts_only_ids_are_stored(store):
    photos = FakePhotos(FakeBucket())
    made: list[Any] = []

    def rebuild(part: StoredJob, **parameters: str) -> JobCreated:
        made.append((part, parameters))
        presigned_posts = tuple(
            photos.presigned_post(JOB, one.photo_id, "image/jpeg") for one in part.uploads
        )
        return JobCreated(job_id=part.job_id, submit_by=NOW, avatars=30, uploads=presigned_posts)

    @route("POST", "/v1/jobs/{job_id}", gives=JobCreated, on_repeat=StoredPart(StoredJob, rebuild))
    def handler(job_id: str) -> JobCreated:
        presigned_posts = tuple(
            photos.presigned_post(JOB, f"p{n:02d}", "image/jpeg") for n in (1, 2)
        )
        return JobCreated(job_id=JOB, submit_by=NOW, avatars=30, uploads=presigned_posts)

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
    assert "policy" not in store.everything()
    assert "http" not in store.everything()


def test_a_response_of_the_next_release_is_returned_without_its_new_fields():
    """Both run during a gradual deployment, and a response is stored for a day."""

    class Next(JobStateView):
        since: str

    def release(gives: type[JobStateView], response: JobStateView) -> Any:
        @route("POST", "/v1/jobs/{job_id}/x", gives=gives)
        def handler(job_id: str) -> JobStateView:
            return response

        return handler

    response = {"job_id": JOB, "state": "open"}
    ours = release(JobStateView, JobStateView(job_id=JOB, state=JobState.COMPLETED))

    assert post(release(Next, Next(**response, since="today"))) == (
        200,
        response | {"since": "today"},
    )
    assert post(ours) == (200, response)


def test_a_response_that_cannot_be_rebuilt_is_an_error_and_stays_stored():
    failures: list[Exception] = [Conflict("the job moved on")]

    def rebuild(part: JobStateView, **_: str) -> JobStateView:
        if failures:
            raise failures.pop()
        return part

    @route(
        "POST",
        "/v1/jobs/{job_id}/x",
        gives=JobStateView,
        on_repeat=StoredPart(JobStateView, rebuild),
    )
    def handler(job_id: str) -> JobStateView:
        return JobStateView(job_id=job_id, state=JobState.OPEN)

    assert [post(handler)[0] for _ in range(3)] == [200, 409, 200]


def test_an_idempotent_operation_stores_nothing_and_still_checks_the_key(store):
    @route("POST", "/v1/x/{job_id}", gives=JobStateView, on_repeat=OnRepeat.RUN_AGAIN)
    def handler(job_id: str) -> JobStateView:
        return JobStateView(job_id=job_id, state=JobState.OPEN)

    assert post(handler) == post(handler)
    assert post(handler, "")[0] == 400
    assert store.records == {}


def test_a_route_that_would_store_a_picture_cannot_be_declared():
    with pytest.raises(TypeError, match="RUN_AGAIN"):

        @route("POST", "/v1/x", gives=Picture)
        def handler() -> Picture:
            raise AssertionError


def test_only_a_post_reads_the_key(store):
    @route("GET", "/v1/jobs/{job_id}", gives=JobStateView)
    def handler(job_id: str) -> JobStateView:
        return JobStateView(job_id=job_id, state=JobState.OPEN)

    assert post(handler, "")[0] == 200
    assert store.records == {}


def test_only_functions_that_store_responses_import_the_utility():
    """Each function is imported as Lambda does, in an interpreter of its own."""
    program = (
        "import sys, importlib; importlib.import_module(sys.argv[1])\n"
        "print('aws_lambda_powertools.utilities.idempotency' in sys.modules)"
    )
    root = Path(likeness.__file__).parents[3]

    def imports(name: str) -> bool:
        done = subprocess.run(
            [sys.executable, "-c", program, f"functions.{name}"],
            env={"PYTHONPATH": f"{root}:{root}/layers/likeness", "PATH": ""},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip() == "True"

    storing = {"create_job": True, "app_queries": False, "catalogue": False, "decide_review": False}
    assert {name: imports(name) for name in storing} == storing
