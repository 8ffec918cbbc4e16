"""The daily sweep: its state machine on moto, its steps on buckets in memory."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import Any
from uuid import uuid4

import boto3
import pytest
from moto import mock_aws
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils

from likeness.adapters.policy_files import load_retention
from likeness.contracts.sweep import RangeSweep, ReportSweepInput
from likeness.domain.errors import Unavailable
from likeness.ports.deletion import BucketObject
from likeness.services.deletion.plan_sweep import plan_sweep
from likeness.services.deletion.report_sweep import report_sweep
from likeness.services.deletion.sweep_range import PATIENCE, sweep_range
from tests.builders import NOW
from tests.infra.documents import read
from tests.workflow.machine import FUNCTION, PATIENCE as LIMIT_S, REGION, ROLE
from tests.world import World

RULES = load_retention()
STEPS = ("PlanSweep", "SweepRange", "ReportSweep")


class Sweep:
    """Each call of SweepRange has time for one page of two objects."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.world = World()
        self.world.buckets.page_size = 2
        self.calls: list[RangeSweep] = []
        self.down = lambda _range, _call: False  # whether this call fails
        definition = json.dumps(read("infra/sweep.asl.yaml")).replace("${Partition}", "aws")
        for name in STEPS:
            definition = definition.replace(f"${{{name}}}", FUNCTION + name)
        self.machine = client.create_state_machine(
            name="sweep", definition=json.dumps(quick(json.loads(definition))), roleArn=ROLE
        )["stateMachineArn"]

    def put(self, *keys: str) -> None:
        for key in keys:
            bucket = "photos" if key.startswith("photos/") else "avatars"
            late = BucketObject(bucket=bucket, key=key, created_at=NOW - timedelta(hours=2))
            self.world.buckets.stored.append(late)

    def run(self) -> dict[str, Any]:
        arn = self.client.start_execution(stateMachineArn=self.machine, name=str(uuid4()))
        arn = arn["executionArn"]
        deadline = time.monotonic() + LIMIT_S
        while (ran := self.client.describe_execution(executionArn=arn))["status"] == "RUNNING":
            assert time.monotonic() < deadline, "the execution does not end"
            time.sleep(0.02)
        return dict(ran)

    def invoke(self, parameters: dict[str, Any], **_: Any) -> dict[str, Any]:
        name = parameters["FunctionName"].rpartition(":")[2]
        payload = json.loads(parameters["Payload"])
        try:
            result = getattr(self, name)(payload)
        except Unavailable:
            problem = {"errorType": "Unavailable", "errorMessage": ""}
            return {"FunctionError": "Unhandled", "Payload": problem, "StatusCode": 200}
        return {"Payload": json.loads(result.model_dump_json()), "StatusCode": 200}

    def PlanSweep(self, _: Any) -> Any:  # noqa: N802 - the state's name
        """Only a few of the empty ranges: moto needs 50 ms for each."""
        world = self.world
        plan = plan_sweep(
            buckets=world.buckets, metrics=world.metrics, clock=world.clock, rules=RULES
        )
        first, *others = (one for one in plan.ranges if world.buckets.page(one, None).objects)
        return plan.model_copy(update={"ranges": (first, *plan.ranges[:3], *others)})

    def SweepRange(self, payload: Any) -> Any:  # noqa: N802
        world = self.world
        begun = RangeSweep.model_validate(payload)
        self.calls.append(begun)
        if self.down(begun, sum(one.after == begun.after for one in self.calls)):
            raise Unavailable("set by a test")
        return sweep_range(
            begun,
            buckets=world.buckets,
            jobs=world.swept_jobs,
            metrics=world.metrics,
            clock=Hurried(),
            rules=RULES,
        )

    def ReportSweep(self, payload: Any) -> Any:  # noqa: N802
        given = ReportSweepInput.model_validate(payload)
        return report_sweep(given, clock=self.world.clock, rules=RULES)


class Hurried:
    """A clock by which a call's time is over after one page."""

    def __init__(self) -> None:
        self.asked = 0

    def now(self) -> Any:
        self.asked += 1
        return NOW if self.asked == 1 else NOW + 2 * PATIENCE


def quick(machine: dict[str, Any]) -> dict[str, Any]:
    range_step = machine["States"]["SweepRanges"]["ItemProcessor"]["States"]["SweepRange"]
    for state in (*machine["States"].values(), range_step):
        for retry in state.get("Retry", ()):
            retry |= {"IntervalSeconds": 1, "MaxDelaySeconds": 2, "MaxAttempts": 2}
    return machine


@pytest.fixture
def sweep(monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        found = Sweep(boto3.client("stepfunctions", REGION))
        monkeypatch.setattr(lambda_eval_utils, "_invoke_lambda_function", found.invoke)
        slow = time.sleep
        monkeypatch.setattr("time.sleep", lambda seconds: slow(min(seconds, 0.02)))
        yield found


ORPHANS = [f"photos/j{digit}{'7' * 31}/p{n:02}.jpg" for digit in "05f" for n in range(5)]


def test_every_range_is_swept_page_by_page_and_the_counts_are_summed(sweep):
    sweep.put(*ORPHANS, "strange", "drawn/zz")

    ran = sweep.run()

    assert ran["status"] == "SUCCEEDED"
    report = json.loads(ran["output"])
    assert (report["seen"], report["deleted"], report["unfinished"]) == (17, 17, 0)
    assert report["findings"] == {"Orphan": 15, "Stranger": 2}
    assert not sweep.world.buckets.stored
    assert sweep.world.metrics.counted["SweepFindings"] == 17
    assert len(sweep.calls) == 3 * 3 + 1 + 3, "three calls for five objects, else one a range"


def test_a_call_that_fails_is_repeated_from_the_last_page(sweep):
    sweep.put(*ORPHANS)
    sweep.down = lambda begun, call: begun.after == "photos/j5" and call == 2

    report = json.loads(sweep.run()["output"])

    assert (report["deleted"], report["findings"]) == (15, {"Orphan": 15})
    walked = [one.key for one in sweep.calls if one.after == "photos/j5"]
    second, fourth = ORPHANS[6], ORPHANS[8]
    assert walked == [None, second, second, fourth]


def test_what_one_range_cannot_do_stops_no_other_and_the_next_sweep_goes_on(sweep):
    sweep.put(*ORPHANS)
    sweep.down = lambda begun, call: begun.after == "photos/j5" and call > 1

    ran = sweep.run()

    assert (ran["status"], ran["error"]) == ("FAILED", "SweepUnfinished")
    left = [one.key for one in sweep.world.buckets.stored]
    assert left == ORPHANS[7:10], "all but the pages that were not reached"
    assert sweep.world.metrics.counted["SweepFindings"] == 12
    sweep.down = lambda _range, _call: False
    report = json.loads(sweep.run()["output"])
    assert (report["seen"], report["deleted"]) == (3, 3)
    assert not sweep.world.buckets.stored
