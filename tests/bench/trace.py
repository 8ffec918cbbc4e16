"""Where the seconds of one job go, from what the product and the laptop cloud record anyway.

job.trace.<span>.at_s               when it began, after the last upload
job.trace.<span>.s                  how long it took
job.trace.init.<function>_s         starts of a function's processes, in sum
job.trace.processor.<function>_s    processor time of its invocations, in sum
job.trace.calls.<function>.<service>_s  calls of AWS by a function, in sum: they may overlap

The spans are the states of the execution's history, the secondary states of the training job, the
moments that the container logs, and the invocations of functions beside the state machine.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from infra.capacity.calls import INVOKE
from infra.capacity.counting import logical_ids, of_jobs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from laptop_cloud.calls import Call
    from laptop_cloud.cloud import Cloud

LOG = "/aws/sagemaker/TrainingJobs"
BESIDE = ("InspectPhoto", "FinishTraining")  # their span is work; others wait in between
# The container's lines, in this order, and what has just ended.
MOMENTS = (
    ("imports", r"job \w+ attempt \d+: \d+ avatars"),
    ("photos", r"\d+ of \d+ photos can be used"),
    ("first_avatar", r"avatar \w+: drawn"),
    ("avatars", r"\d+ avatars drawn"),
)
LEAST = 0.005  # s: shorter spans are choices and passes


class Span(NamedTuple):
    name: str
    begin: float  # s since the epoch
    end: float


def trace(running: Cloud, job_id: str, uploaded: float) -> dict[str, float]:
    """The spans of a job that has ended, after the time of its last upload."""
    calls = of_jobs(running.calls(), logical_ids(running))[job_id]
    spans = [
        *_states(running, job_id),
        *_training(running, job_id),
        *(span for name in BESIDE if (span := _invocations(name, calls))),
    ]
    return {**numbers(spans, uploaded), **_sums(calls)}


def numbers(spans: Iterable[Span], zero: float) -> dict[str, float]:
    found = {}
    for name, begin, end in sorted(spans, key=lambda one: one.begin):
        if end - begin >= LEAST:
            found[f"job.trace.{name}.at_s"] = round(begin - zero, 2)
            found[f"job.trace.{name}.s"] = round(end - begin, 2)
    return found


def _states(running: Cloud, job_id: str) -> Iterator[Span]:
    client = running.act_as(running.ops_credentials())("stepfunctions")
    arn = running.outputs["StateMachine"].replace(":stateMachine:", ":execution:")
    pages = client.get_paginator("get_execution_history").paginate(executionArn=f"{arn}:{job_id}")
    begun: dict[str, float] = {}
    for event in (one for page in pages for one in page["events"]):
        at = event["timestamp"].timestamp()
        if entered := event.get("stateEnteredEventDetails"):
            begun[entered["name"]] = at
        elif left := event.get("stateExitedEventDetails"):
            yield Span(left["name"], begun[left["name"]], at)


def _training(running: Cloud, job_id: str) -> Iterator[Span]:
    """The training job of attempt 1: its secondary states, and the container's own moments."""
    ops = running.act_as(running.ops_credentials())
    client: Any = ops("sagemaker")
    (name,) = {
        one["TrainingJobName"]
        for one in client.list_training_jobs(NameContains=job_id)["TrainingJobSummaries"]
    }
    for state in client.describe_training_job(TrainingJobName=name)["SecondaryStatusTransitions"]:
        begin, end = state["StartTime"].timestamp(), state["EndTime"].timestamp()
        yield Span(f"StartTraining.{state['Status']}", begin, end)
        if state["Status"] == "Training":
            yield from moments(_log(ops("logs"), name), begin, end)


def _log(client: Any, name: str) -> list[tuple[float, str]]:
    group = {"logGroupName": LOG}
    (stream,) = client.describe_log_streams(**group, logStreamNamePrefix=f"{name}/")["logStreams"]
    found = client.get_log_events(
        **group, logStreamName=stream["logStreamName"], startFromHead=True
    )
    return [(event["timestamp"] / 1000, event["message"]) for event in found["events"]]


def moments(log: Iterable[tuple[float, str]], begin: float, end: float) -> Iterator[Span]:
    """What the container did between its start and its end, by the lines of its log."""
    wanted = list(MOMENTS)
    for at, line in log:
        if wanted and re.search(wanted[0][1], line):
            yield Span(f"StartTraining.Training.{wanted.pop(0)[0]}", begin, at)
            begin = at
    if wanted:
        raise RuntimeError(f"the container's log has no line like {wanted[0][1]!r}")
    yield Span("StartTraining.Training.exit", begin, end)


def _invocations(name: str, calls: Iterable[Call]) -> Span | None:
    """From the first to the last invocation of a function."""
    of = [one for one in calls if one.call == INVOKE and one.caller == name]
    if not of:
        return None
    return Span(name, min(one.at for one in of), max(one.at + one.seconds for one in of))


def _sums(calls: Iterable[Call]) -> dict[str, float]:
    found: dict[str, float] = defaultdict(float)
    for call in calls:
        if call.call == INVOKE:
            found[f"job.trace.init.{call.caller}_s"] += call.init_s
            found[f"job.trace.processor.{call.caller}_s"] += call.processor_s
        else:
            service = call.call.partition(":")[0]
            found[f"job.trace.calls.{call.caller}.{service}_s"] += call.seconds
    return _rounded(found)


def _rounded(sums: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 2) for name, value in sorted(sums.items()) if value >= LEAST}
