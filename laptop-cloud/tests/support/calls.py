"""Calls of the laptop cloud, and waiting for what it does asynchronously."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, TypeVar

import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from laptop_cloud import identities, places

if TYPE_CHECKING:
    from collections.abc import Callable

    from laptop_cloud.clients import Clients
    from laptop_cloud.cloud import Cloud

DEADLINE_S = 60.0


def ops(cloud: Cloud) -> Clients:
    return cloud.act_as(cloud.ops_credentials())


def get(
    cloud: Cloud,
    path: str,
    *,
    signer: identities.RoleCredentials | None = None,
    token: str | None = None,
    headers: dict[str, str] | None = None,
) -> requests.Response:
    """GET a path of the API, signed with SigV4 or with a token."""
    request = AWSRequest("GET", f"{cloud.api_url}{path}", headers=headers or {})
    if signer is not None:
        keys = Credentials(signer.access_key, signer.secret_key, signer.session_token)
        SigV4Auth(keys, "execute-api", places.REGION).add_auth(request)
    if token is not None:
        request.headers["Authorization"] = token
    return requests.get(str(request.url), headers=dict(request.headers), timeout=60)


def invoke(cloud: Cloud, function: str, event: dict[str, Any] | None = None) -> dict[str, Any]:
    """A function's result, or its error with `FunctionError`."""
    answer = ops(cloud)("lambda").invoke(
        FunctionName=cloud.outputs[function], Payload=json.dumps(event or {}).encode()
    )
    result = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        return {"FunctionError": answer["FunctionError"], **result}
    found: dict[str, Any] = result
    return found


Found = TypeVar("Found")


def wait_for(what: str, ask: Callable[[], Found | None], seconds: float = DEADLINE_S) -> Found:
    """Call `ask` until its result is true; returns the result."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := ask():
            return found
        time.sleep(0.05)
    raise AssertionError(f"no {what} within {seconds:g} s")


def execute(cloud: Cloud, machine: str = "Machine", **given: Any) -> dict[str, Any]:
    """Run a machine to its end; returns its description, with the output parsed."""
    states = ops(cloud)("stepfunctions")
    arn = start(cloud, machine, **given)

    def ended() -> dict[str, Any] | None:
        found: dict[str, Any] = states.describe_execution(executionArn=arn)
        return None if found["status"] == "RUNNING" else found

    found = wait_for("end of the execution", ended)
    output = json.loads(found["output"]) if found.get("output") else {}
    return {**found, "output": output}


def start(cloud: Cloud, machine: str = "Machine", **given: Any) -> str:
    answer = ops(cloud)("stepfunctions").start_execution(
        stateMachineArn=cloud.outputs[machine], input=json.dumps(given)
    )
    arn: str = answer["executionArn"]
    return arn


def dead_letter(cloud: Cloud, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The first message in the dead-letter queue that is wanted."""
    sqs = ops(cloud)("sqs")

    def receive() -> dict[str, Any] | None:
        answer = sqs.receive_message(
            QueueUrl=cloud.outputs["Letters"],
            MaxNumberOfMessages=10,
            VisibilityTimeout=2,  # s; hidden for so long, so that the next messages are received
            MessageAttributeNames=["All"],
        )
        messages: list[dict[str, Any]] = answer.get("Messages", [])
        return next((one for one in messages if wanted(one)), None)

    return wait_for("dead letter", receive)
