"""Gap: a state machine's tasks are AWS calls with the machine's role."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ministack.services import stepfunctions

from laptop_cloud.extension import integrations
from laptop_cloud.extension.asl import TaskFailed, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMIT_BYTES = 262_144
POLL_S = 0.1

_execute_task = stepfunctions._execute_task
_invoke_resource = stepfunctions._invoke_resource
_error_matches = stepfunctions._error_matches

ENDED = "Execution.Ended"


def ended() -> Exception:
    """The execution was stopped or timed out during a state: no Catch matches."""
    return stepfunctions._ExecutionError(ENDED, "")  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class Task:
    """The execution of the current thread, and the role of its machine."""

    execution: dict[str, Any]
    role: str

    def check(self, deadline: float | None) -> None:
        if self.execution["status"] != "RUNNING":
            raise ended()
        if deadline is not None and time.monotonic() > deadline:
            raise stepfunctions._ExecutionError("States.Timeout", "The task ran out of time.")


_task: ContextVar[Task] = ContextVar("task")


def install() -> None:
    stepfunctions._execute_task = execute_task
    stepfunctions._invoke_resource = invoke_resource
    stepfunctions._invoke_with_callback = invoke_with_callback
    stepfunctions._error_matches = error_matches


def execute_task(
    state: dict[str, Any], raw_input: Any, execution: dict[str, Any], context: Any
) -> Any:
    if execution["status"] != "RUNNING":
        raise ended()
    token = _task.set(Task(execution, machine_of(execution)["roleArn"]))
    try:
        output, following = _execute_task(state, raw_input, execution, context)
    finally:
        _task.reset(token)
    limit(output, context["State"]["Name"])
    return output, following


def machine_of(execution: dict[str, Any]) -> dict[str, Any]:
    """Also of a distributed Map's child, whose machine is `<machine>/<label>`."""
    found: dict[str, Any] = stepfunctions._state_machines[
        execution["stateMachineArn"].partition("/")[0]
    ]
    return found


def limit(output: Any, name: str) -> None:
    if len(json.dumps(output, default=str).encode()) > LIMIT_BYTES:
        raise stepfunctions._ExecutionError(
            "States.DataLimitExceeded",
            f"The state '{name}' returned a result with a size exceeding the maximum number of "
            "bytes service limit.",
        )


def error_matches(wanted: list[str], error: str) -> bool:
    """Matches as Step Functions does: a missed heartbeat is also a timeout; too large a result is
    terminal, and States.ALL does not catch it."""
    if error == ENDED:
        return False
    if error in {"States.DataLimitExceeded", "States.Runtime"} and error not in wanted:
        return False
    if error == "States.HeartbeatTimeout" and "States.Timeout" in wanted:
        return True
    return bool(_error_matches(wanted, error))


def invoke_resource(resource: str, data: Any) -> Any:
    """A task: one call with the machine's role, also when it is retried."""
    task = _task.get()
    task.check(None)
    with task_failures():
        call = parse(resource)
        if call is None:
            return _invoke_resource(resource, data)
        result = integrations.run(call, data, task.role)
    limit(result, resource)
    return result


@contextmanager
def task_failures() -> Iterator[None]:
    try:
        yield
    except TaskFailed as failed:
        raise stepfunctions._ExecutionError(failed.error, failed.cause) from failed


def invoke_with_callback(resource: str, data: Any, token: str, state: dict[str, Any]) -> Any:
    """Make the call, then wait for the token, a missed heartbeat or the execution's end."""
    task = _task.get()
    task.check(None)
    seconds, beat = state.get("TimeoutSeconds"), state.get("HeartbeatSeconds")
    started = time.monotonic()
    waiting: dict[str, Any] = {
        "event": threading.Event(),
        "result": None,
        "error": None,
        "heartbeat": None,
    }
    stepfunctions._task_tokens[token] = waiting
    try:
        with task_failures():
            call = parse(resource)
            if call is None:
                raise TaskFailed("States.Runtime", f"{resource} cannot wait for a token.")
            integrations.run(call, data, task.role)
        deadline = None if seconds is None else started + float(seconds)
        _wait(waiting, task, deadline, None if beat is None else float(beat))
    finally:
        stepfunctions._task_tokens.pop(token, None)
    if error := waiting["error"]:
        raise stepfunctions._ExecutionError(error["Error"], error["Cause"])
    result = json.loads(waiting["result"] or "{}")
    limit(result, resource)
    return result


def _wait(waiting: dict[str, Any], task: Task, deadline: float | None, beat: float | None) -> None:
    seen, last = None, time.monotonic()
    while not waiting["event"].wait(POLL_S):
        task.check(deadline)
        if waiting["heartbeat"] != seen:
            seen, last = waiting["heartbeat"], time.monotonic()
        if beat is not None and time.monotonic() - last > beat:
            raise stepfunctions._ExecutionError(
                "States.HeartbeatTimeout", f"No heartbeat for {beat:g} seconds."
            )
