"""Gap: what is sent to a function or a state machine, or returned by it, has at most AWS's size."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from ministack import app
from ministack.core.responses import error_response_json
from ministack.services import stepfunctions

from laptop_cloud.extension import workflow_tasks

if TYPE_CHECKING:
    from collections.abc import Callable

    Response = tuple[int, dict[str, str], Any]
    Step = Callable[..., tuple[Any, str | None]]

# botocore's model of lambda, operation Invoke: 6 MB synchronous, 1 MB asynchronous.
SYNCHRONOUS = 6_291_456
ASYNCHRONOUS = 1_048_576
INVOCATION = re.compile(r"/functions/[^/]+/invocations$")
# botocore's model of stepfunctions, shapes SensitiveData and SensitiveCause.
MEMBERS = {"input": 262_144, "output": 262_144, "cause": 32_768}
ACTIONS = frozenset({"StartExecution", "StartSyncExecution", "SendTaskSuccess", "SendTaskFailure"})
STATES = ("_execute_pass", "_execute_parallel", "_execute_map")

_lambda = app.SERVICE_HANDLERS["lambda"]
_states = app.SERVICE_HANDLERS["states"]


def install() -> None:
    app.SERVICE_HANDLERS["lambda"] = handle_lambda
    app.SERVICE_HANDLERS["states"] = handle_states
    for name in STATES:
        setattr(stepfunctions, name, limited(getattr(stepfunctions, name)))


async def handle_lambda(
    method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
) -> Response:
    if method == "POST" and INVOCATION.search(path):
        later = headers.get("x-amz-invocation-type", "").lower() == "event"
        if too_large := oversize(len(body), later=later):
            return too_large
    answer: Response = await _lambda(method, path, headers, body, query)
    return answer


def oversize(size: int, *, later: bool) -> Response | None:
    """The refusal of an event that is too large for a function. Lambda sends another code than
    botocore's model has (RequestTooLargeException)."""
    if size <= (ASYNCHRONOUS if later else SYNCHRONOUS):
        return None
    message = (
        f"{size} byte payload is too large for the Event invocation type "
        f"(limit {ASYNCHRONOUS} bytes)"
        if later
        else f"Request must be smaller than {SYNCHRONOUS} bytes for the InvokeFunction operation"
    )
    refused: Response = error_response_json("RequestEntityTooLargeException", message, 413)
    return refused


async def handle_states(
    method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
) -> Response:
    if headers.get("x-amz-target", "").rpartition(".")[2] in ACTIONS:
        for name, value in _members(body).items():
            if isinstance(value, str) and len(value) > MEMBERS.get(name, len(value)):
                message = (
                    f"1 validation error detected: Value at '{name}' failed to satisfy constraint: "
                    f"Member must have length less than or equal to {MEMBERS[name]}"
                )
                refused: Response = error_response_json("ValidationException", message, 400)
                return refused
    answer: Response = await _states(method, path, headers, body, query)
    return answer


def _members(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        return {}  # MiniStack refuses it
    return found if isinstance(found, dict) else {}


def limited(step: Step) -> Step:
    """A state whose output has at most 256 KiB. `workflow_tasks` does it for tasks."""

    def run(state: dict[str, Any], *given: Any) -> tuple[Any, str | None]:
        output, following = step(state, *given)
        context = given[-1]
        workflow_tasks.limit(output, context["State"]["Name"] if context else state["Type"])
        return output, following

    return run
