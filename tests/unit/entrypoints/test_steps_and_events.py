"""Handlers of the state machine's tasks and of S3 events."""

import json
from datetime import timedelta

import pytest
from pydantic import ValidationError

from likeness.contracts import AttemptRef, JobRef
from likeness.contracts.photos import ModeratePhotosResult
from likeness.domain.errors import Conflict
from likeness.domain.verdict import Outcome
from likeness.entrypoints.s3_events import on_failure, on_upload, read
from likeness.entrypoints.step import step
from tests.builders import JOB, Context


def test_a_step_takes_and_returns_plain_json():
    @step(AttemptRef)
    def handler(job: AttemptRef) -> ModeratePhotosResult:
        assert job.attempt == 2
        return ModeratePhotosResult(job_id=job.job_id, outcome=Outcome.CLEAN)

    result = handler({"job_id": JOB, "attempt": 2}, Context())

    assert json.loads(json.dumps(result)) == {"job_id": JOB, "outcome": "clean"}


def test_a_step_without_a_result_returns_an_empty_object():
    @step(JobRef)
    def handler(job: JobRef) -> None:
        assert job.job_id == JOB

    assert handler({"job_id": JOB}, Context()) == {}


def test_an_error_propagates_so_that_the_state_machine_can_catch_it():
    @step(JobRef)
    def handler(job: JobRef) -> None:
        raise Conflict(f"job {job.job_id} moved")

    with pytest.raises(Conflict):
        handler({"job_id": JOB}, Context())


@pytest.mark.parametrize("event", [{}, {"job_id": "j1"}, {"job_id": JOB, "extra": 1}])
def test_an_invalid_input_is_an_error(event):
    @step(JobRef)
    def handler(job: JobRef) -> None:
        raise AssertionError("never called")

    with pytest.raises(ValidationError):
        handler(event, Context())


def created(key: str) -> dict:
    return {"detail": {"object": {"key": key, "etag": "e1", "sequencer": "01", "size": 3}}}


def test_an_upload_is_identified_by_its_key():
    upload = read(created(f"uploads/{JOB}/p07"))

    assert upload is not None
    assert (upload.job_id, upload.photo_id, upload.etag) == (JOB, "p07", "e1")


@pytest.mark.parametrize(
    "key",
    [f"uploads/{JOB}/p7", f"uploads/{JOB}/p07/more", "uploads/x/p07", f"photos/{JOB}/p07.jpg"],
)
def test_a_key_that_no_presigned_post_allows_is_ignored(key):
    @on_upload
    def handler(*_: object) -> None:
        raise AssertionError("never called")

    assert handler(created(key), Context()) is None


def test_an_upload_comes_with_its_invocation():
    seen = []

    @on_upload
    def handler(*arguments: object) -> None:
        seen.extend(arguments)

    handler(created(f"uploads/{JOB}/p07"), Context(milliseconds_left=59_500))

    upload, invocation = seen
    assert upload.photo_id == "p07"
    assert (invocation.id, invocation.time_left) == ("request-1", timedelta(seconds=59.5))


# --- a failed event ------------------------------------------------------------------------------

# The ends of an invocation. AWS documents the first ("Capturing records of Lambda asynchronous
# invocations"); older and newer runtimes write the others.
DIED = {
    "documented": {"errorMessage": "RequestId: r1 Process exited before completing request"},
    "memory": {
        "errorType": "Runtime.ExitError",
        "errorMessage": "RequestId: r1 Error: Runtime exited with error: signal: killed",
    },
    "time": {
        "errorType": "Sandbox.Timedout",
        "errorMessage": "RequestId: r1 Error: Task timed out after 60.00 seconds",
    },
    "time, older": {"errorMessage": "2026-11-22T12:00:00Z r1 Task timed out after 60.00 seconds"},
}
RAISED = {
    "exception": {"errorType": "Unavailable", "errorMessage": "", "stackTrace": ["  File ..."]},
    "import": {"errorType": "Runtime.ImportModuleError", "errorMessage": "", "stackTrace": []},
}


def a_record(response: object, condition: str = "RetriesExhausted") -> dict:
    record = {
        "version": "1.0",
        "requestContext": {"requestId": "r1", "condition": condition, "approximateInvokeCount": 1},
        "requestPayload": created(f"uploads/{JOB}/p07"),
    }
    return record if response is None else record | {"responsePayload": response}


@pytest.mark.parametrize(
    ("record", "died"),
    [
        *((a_record(response), True) for response in DIED.values()),
        *((a_record(response), False) for response in RAISED.values()),
        (a_record(None, "EventAgeExceeded"), False),
        (a_record({"errorMessage": "too old"}, "EventAgeExceeded"), False),
    ],
    ids=[*DIED, *RAISED, "too old", "too old, with a message"],
)
def test_a_failed_event_says_whether_the_process_died(record, died):
    seen = []
    on_failure(seen.append)(record, Context())

    (failed,) = seen
    assert (failed.upload.photo_id, failed.invocation, failed.died) == ("p07", "r1", died)


def test_a_failed_event_of_another_key_is_ignored():
    record = a_record({}) | {"requestPayload": created("uploads/x/p07")}

    on_failure(lambda _: pytest.fail("never called"))(record, Context())
