"""The real state machine, executed by moto, with steps that answer what a test says."""

from __future__ import annotations

import copy
import json
import time
from collections import defaultdict
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

from tests.builders import JOB
from tests.infra.documents import read

REGION = "eu-central-1"
ROLE = "arn:aws:iam::123456789012:role/pipeline"
FUNCTION = f"arn:aws:lambda:{REGION}:123456789012:function:"
PATIENCE = 60  # s
SOON = 2  # s until a task times out whose token is never answered


@dataclass(frozen=True)
class Fails:
    """A step that raises this error, by the name of its class."""

    error: str


@dataclass(frozen=True)
class Never:
    """A step whose task token is never answered."""


@dataclass(frozen=True)
class TaskFailure:
    """A step whose task token gets a failure."""

    error: str


@dataclass
class Ran:
    """The result of an execution."""

    status: str
    error: str | None
    steps: list[str]
    inputs: dict[str, list[dict[str, Any]]]


@dataclass
class Machine:
    """Runs the pipeline; `answers` are returned in order, the last one repeatedly."""

    client: Any
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    answers: dict[str, list[Any]] = field(default_factory=dict)

    def run(
        self, input_: dict[str, Any] | None = None, *, backend: str = "training-job", **answers: Any
    ) -> Ran:
        given = USUAL | {"PrepareGeneration": PREPARED | {"backend": backend}} | answers
        self.answers = {
            name: answer if isinstance(answer, list) else [answer] for name, answer in given.items()
        }
        silent = any(isinstance(one, Never) for many in self.answers.values() for one in many)
        hurried = quick(definition(SOON if silent else PATIENCE))
        machine = self.client.create_state_machine(
            name="pipeline", definition=json.dumps(hurried), roleArn=ROLE
        )["stateMachineArn"]
        execution = self.client.start_execution(
            stateMachineArn=machine, name=JOB, input=json.dumps({"job_id": JOB} | (input_ or {}))
        )["executionArn"]
        deadline = time.monotonic() + PATIENCE
        while (execution_state := self.client.describe_execution(executionArn=execution))[
            "status"
        ] == "RUNNING":
            assert time.monotonic() < deadline, "the execution does not end"
            time.sleep(0.02)
        inputs = defaultdict(list)
        for name, payload in self.asked:
            inputs[name].append(payload)
        return Ran(
            execution_state["status"],
            execution_state.get("error"),
            [name for name, _ in self.asked],
            inputs,
        )

    def invoke(self, parameters: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Lambda's response."""
        name = parameters["FunctionName"].rpartition(":")[2]
        payload = json.loads(parameters["Payload"])
        self.asked.append((name, payload))
        answers = self.answers[name]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Fails):
            problem = {"errorType": answer.error, "errorMessage": ""}
            return {"FunctionError": "Unhandled", "Payload": problem, "StatusCode": 200}
        if "task_token" in payload and not isinstance(answer, Never):
            Thread(target=self._decide, args=(payload["task_token"], answer)).start()
        waits = isinstance(answer, Never | TaskFailure)
        return {"Payload": {} if waits else answer, "StatusCode": 200}

    def _decide(self, token: str, answer: Any) -> None:
        if isinstance(answer, TaskFailure):
            self.client.send_task_failure(taskToken=token, error=answer.error)
        else:
            self.client.send_task_success(taskToken=token, output=json.dumps(answer))


PREPARED = {"job_id": JOB, "attempt": 1, "backend": "training-job"}
USUAL: dict[str, Any] = {
    "RunTest": {"job_id": JOB, "next": "finish", "wait_s": 0, "error": "TestFailure"},
    "ModeratePhotos": {"job_id": JOB, "outcome": "clean"},
    "RequestReview": {"job_id": JOB, "approved": True, "second": False},
    "RequestSecondReview": {"job_id": JOB, "approved": True, "second": False},
    "PrepareGeneration": PREPARED,
    "StartTraining": {"job_id": JOB, "attempt": 1},
    "StartInference": {"job_id": JOB, "attempt": 1},
    "UnpackAvatars": {"job_id": JOB, "attempt": 1, "avatars": 30},
    "ModerateAvatars": {"job_id": JOB, "redraw": False, "approved": 30},
    "DeletePhotos": {"job_id": JOB, "objects": 12},
    "PublishAvatars": {"job_id": JOB, "avatars": 30},
    "SettleJob": {"job_id": JOB, "state": "completed"},
    "FailJob": {"job_id": JOB, "state": "failed", "late": False},
    "ProveDeletion": {"job_id": JOB, "objects": 0},
}


def definition(seconds: int = SOON) -> dict[str, Any]:
    """The pipeline with its substitutions filled in. A task that waits for a token does so for
    `seconds`."""
    text = json.dumps(read("infra/pipeline.asl.yaml"))
    for name in USUAL:
        text = text.replace(f"${{{name}}}", FUNCTION + name)
    machine: dict[str, Any] = json.loads(
        text.replace('"${ReviewSeconds}"', str(seconds))
        .replace('"${SecondReviewSeconds}"', str(seconds))
        .replace("${Partition}", "aws")
    )
    machine["States"]["StartTraining"]["TimeoutSeconds"] = seconds + 3
    return machine


def quick(machine: dict[str, Any]) -> dict[str, Any]:
    """The same machine with shorter retries: at most a second's wait, and two attempts."""
    hurried = copy.deepcopy(machine)
    for state in hurried["States"].values():
        for retry in state.get("Retry", ()):
            if retry.get("MaxAttempts") != 0:
                retry |= {"IntervalSeconds": 1, "MaxDelaySeconds": 2, "MaxAttempts": 2}
    return hurried
