"""The state machine: the fake, and Step Functions."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.stub import Stubber

from likeness.adapters.jobs.workflow import StepFunctions
from likeness.domain.errors import Conflict
from likeness.domain.ids import ErasureId
from likeness.ports.jobs import Workflow
from tests.builders import JOB, OTHER_JOB
from tests.fakes import FakeWorkflow
from tests.integration.aws_answers import answer, fail

ERASURE = ErasureId("e" + "0" * 32)
ROLE = "arn:aws:iam::123456789012:role/machine"
WAITING = {
    "StartAt": "Wait",
    "States": {"Wait": {"Type": "Wait", "Seconds": 3600, "End": True}},
}


@dataclass(frozen=True)
class Machine:
    workflow: Workflow
    client: Any = None
    arn: str = ""


@pytest.fixture
def real(aws, session) -> Machine:
    client = session.client("stepfunctions")
    made = client.create_state_machine(
        name="pipeline", definition=json.dumps(WAITING), roleArn=ROLE
    )
    arn = made["stateMachineArn"]
    return Machine(StepFunctions(client, arn, arn), client, arn)


@pytest.fixture
def machine(kind, request) -> Machine:
    return Machine(FakeWorkflow()) if kind == "fake" else request.getfixturevalue("real")


def executions(machine: Machine) -> dict[str, str]:
    """Names of executions, and whether they run."""
    if isinstance(machine.workflow, FakeWorkflow):
        fake = machine.workflow
        carried = {job: "RUNNING" if job in fake.running else "ABORTED" for job in fake.starts}
        ending = {f"end-{job}-{error}": "RUNNING" for job, error in fake.endings}
        return carried | ending | dict.fromkeys(fake.erasures, "RUNNING")
    listed = machine.client.list_executions(stateMachineArn=machine.arn)["executions"]
    return {execution["name"]: execution["status"] for execution in listed}


def test_a_job_is_started_under_its_own_name(machine):
    machine.workflow.start(JOB)

    assert executions(machine) == {JOB: "RUNNING"}


def test_starting_a_job_twice_runs_it_once(machine):
    machine.workflow.start(JOB)
    machine.workflow.start(JOB)
    machine.workflow.start(OTHER_JOB)

    assert executions(machine) == {JOB: "RUNNING", OTHER_JOB: "RUNNING"}


def test_starting_an_ended_job_does_not_run_it_again(machine):
    machine.workflow.start(JOB)
    machine.workflow.stop(JOB)

    machine.workflow.start(JOB)

    assert executions(machine) == {JOB: "ABORTED"}


def test_stopping_is_idempotent(machine):
    machine.workflow.start(JOB)

    machine.workflow.stop(JOB)
    machine.workflow.stop(JOB)
    machine.workflow.stop(OTHER_JOB)

    assert executions(machine) == {JOB: "ABORTED"}


def test_a_job_is_ended_by_an_execution_of_its_own(machine):
    """Its name has another prefix than a job's: the rule on stopped executions ignores it."""
    machine.workflow.start(JOB)
    machine.workflow.stop(JOB)

    for _ in range(2):
        machine.workflow.end(JOB, "Cancelled")
    machine.workflow.end(JOB, "NotSubmitted")

    assert executions(machine) == {
        JOB: "ABORTED",
        f"end-{JOB}-Cancelled": "RUNNING",
        f"end-{JOB}-NotSubmitted": "RUNNING",
    }


def test_an_ending_has_the_input_that_the_state_machines_catchers_produce(real):
    real.workflow.end(JOB, "Cancelled")

    arn = real.client.list_executions(stateMachineArn=real.arn)["executions"][0]["executionArn"]
    given = real.client.describe_execution(executionArn=arn)["input"]
    assert json.loads(given) == {"job_id": JOB, "failure": {"Error": "Cancelled"}}


def test_an_erasure_is_started_once_under_its_own_name(machine):
    for _ in range(2):
        machine.workflow.erase(ERASURE)

    assert executions(machine) == {ERASURE: "RUNNING"}


def test_step_functions_gets_only_the_id(real):
    """Its history is kept for 90 days."""
    real.workflow.start(JOB)

    arn = real.client.list_executions(stateMachineArn=real.arn)["executions"][0]["executionArn"]
    given = real.client.describe_execution(executionArn=arn)["input"]
    assert json.loads(given) == {"job_id": JOB}


def test_the_fake_accepts_a_token_once():
    fake = FakeWorkflow()
    fake.waiting_tokens.add("token")

    fake.resume("token", {"approved": True})
    with pytest.raises(Conflict):
        fake.resume("token", {"approved": True})

    assert fake.answers == {"token": {"approved": True}}


def test_a_waiting_task_gets_its_result_as_json(real):
    sent = []
    real.client.meta.events.register(
        "before-call.sfn.SendTaskSuccess",
        lambda params, **_: sent.append(json.loads(params["body"])) or answer(200, {}),
    )

    real.workflow.resume("token", {"approved": True})

    assert sent == [{"taskToken": "token", "output": '{"approved": true}'}]


@pytest.mark.parametrize("code", ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"])
def test_a_task_that_no_longer_waits_is_a_conflict(real, code):
    fail(real.client, "SendTaskSuccess", code, times=1)

    with pytest.raises(Conflict):
        real.workflow.resume("token", {})


def test_the_input_of_a_test_job_says_so(real):
    real.workflow.start(JOB, test=True)

    arn = real.client.list_executions(stateMachineArn=real.arn)["executions"][0]["executionArn"]
    given = real.client.describe_execution(executionArn=arn)["input"]
    assert json.loads(given) == {"job_id": JOB, "test": True}


def test_an_execution_that_an_alias_started_is_stopped(aws, session):
    """StopExecution's ARN has no alias: botocore's stub refuses any other."""
    client = session.client("stepfunctions")
    machine = "arn:aws:states:eu-central-1:123456789012:stateMachine:pipeline"
    execution = f"arn:aws:states:eu-central-1:123456789012:execution:pipeline:{JOB}"
    with Stubber(client) as stub:
        stub.add_response("stop_execution", {"stopDate": 0}, {"executionArn": execution})

        StepFunctions(client, f"{machine}:live").stop(JOB)

        stub.assert_no_pending_responses()
