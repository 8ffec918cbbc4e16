"""Gap: a state machine's TimeoutSeconds ends an execution; an ended execution does not change."""

from __future__ import annotations

import contextvars
import json
import threading
from typing import Any

from ministack.core.responses import now_iso
from ministack.services import stepfunctions

_run_execution = stepfunctions._run_execution
_fail_execution = stepfunctions._fail_execution
_add_event = stepfunctions._add_event


def install() -> None:
    stepfunctions._run_execution = run_execution
    stepfunctions._fail_execution = fail_execution
    stepfunctions._add_event = add_event


def run_execution(arn: str) -> None:
    execution = stepfunctions._executions.get(arn)
    machine = execution and stepfunctions._state_machines.get(execution["stateMachineArn"])
    seconds = json.loads(machine["definition"]).get("TimeoutSeconds") if machine else None
    if seconds is None:
        _run_execution(arn)
        return
    context = contextvars.copy_context()
    clock = threading.Timer(float(seconds), context.run, (expire, execution))
    clock.daemon = True
    clock.start()
    try:
        _run_execution(arn)
    finally:
        clock.cancel()


def expire(execution: dict[str, Any]) -> None:
    if execution["status"] != "RUNNING":
        return
    execution["status"] = "TIMED_OUT"
    execution["error"] = "States.Timeout"
    execution["stopDate"] = now_iso()
    stepfunctions._add_event(
        execution,
        "ExecutionTimedOut",
        {"executionTimedOutEventDetails": {"error": "States.Timeout"}},
    )
    stepfunctions._emit_execution_status_event(execution)


def fail_execution(execution: dict[str, Any], error: str, cause: str) -> None:
    if execution["status"] == "RUNNING":
        _fail_execution(execution, error, cause)


def add_event(execution: dict[str, Any], kind: str, details: Any = None) -> None:
    """Nothing follows an execution's end in its history, as on AWS."""
    if execution["status"] == "RUNNING" or kind.startswith("Execution"):
        _add_event(execution, kind, details)
