"""Functions, their HTTP API and state machines have the limits that they have on AWS."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import requests
from botocore.exceptions import ClientError

from support.calls import execute, invoke, ops, wait_for

if TYPE_CHECKING:
    from laptop_cloud.cloud import Cloud

pytestmark = pytest.mark.stack

MEGABYTE = 1024 * 1024
KILLED = "Error: Runtime exited with error: signal: killed"


def post(cloud: Cloud, path: str, body: bytes, kind: str = "application/json") -> tuple[int, Any]:
    answer = requests.post(
        f"{cloud.api_url}{path}", data=body, headers={"Content-Type": kind}, timeout=60
    )
    return answer.status_code, answer.json()


def ask(cloud: Cloud, path: str = "/v1/strain", **asked: Any) -> tuple[int, Any]:
    return post(cloud, path, json.dumps(asked).encode())


def test_a_function_with_more_memory_than_it_has_is_killed(laptop_cloud: Cloud) -> None:
    before = invoke(laptop_cloud, "Strain", {"memory_mb": 100})

    killed = invoke(laptop_cloud, "Strain", {"memory_mb": 300})

    assert killed["FunctionError"] == "Unhandled"
    assert killed["errorType"] == "Runtime.ExitError"
    assert killed["errorMessage"].endswith(KILLED)
    assert invoke(laptop_cloud, "Strain")["process"] != before["process"]


def test_the_report_of_an_invocation_has_its_peak_of_memory(laptop_cloud: Cloud) -> None:
    invoke(laptop_cloud, "Strain", {"memory_mb": 150})
    logs = ops(laptop_cloud)("logs")
    group = f"/aws/lambda/{laptop_cloud.outputs['Strain']}"

    def peaks() -> list[int]:
        events = logs.filter_log_events(logGroupName=group)["events"]
        reports = [one["message"] for one in events if "Max Memory Used" in one["message"]]
        found = [int(one.rpartition("Used: ")[2].removesuffix(" MB")) for one in reports]
        return [one for one in found if 150 <= one <= 256]

    assert wait_for("report", peaks)


def test_a_file_of_a_function_has_at_most_the_size_of_its_storage(laptop_cloud: Cloud) -> None:
    assert "process" in invoke(laptop_cloud, "Strain", {"disk_mb": 512})
    assert invoke(laptop_cloud, "Strain", {"disk_mb": 513})["errorType"] == "OSError"


def test_an_event_has_at_most_6_megabytes_and_1_if_it_is_asynchronous(laptop_cloud: Cloud) -> None:
    function = laptop_cloud.outputs["Strain"]
    client = ops(laptop_cloud)("lambda")

    def send(size: int, kind: str) -> int:
        payload = json.dumps({"fill": "x" * (size - len('{"fill": ""}'))}).encode()
        answer = client.invoke(FunctionName=function, InvocationType=kind, Payload=payload)
        status: int = answer["StatusCode"]
        return status

    assert send(6 * MEGABYTE, "RequestResponse") == 200
    assert send(MEGABYTE, "Event") == 202
    for size, kind, limit in [
        (6 * MEGABYTE + 1, "RequestResponse", "6291456"),
        (MEGABYTE + 1, "Event", "1048576"),
    ]:
        with pytest.raises(ClientError, match=limit) as refused:
            send(size, kind)
        assert refused.value.response["Error"]["Code"] == "RequestEntityTooLargeException"
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413


def test_a_function_returns_at_most_6_megabytes(laptop_cloud: Cloud) -> None:
    large = invoke(laptop_cloud, "Strain", {"answer_bytes": 6 * MEGABYTE - 100})
    assert len(large["text"]) == 6 * MEGABYTE - 100

    failed = invoke(laptop_cloud, "Strain", {"answer_bytes": 6 * MEGABYTE + 100})

    assert failed["FunctionError"] == "Unhandled"
    assert failed["errorType"] == "Function.ResponseSizeTooLarge"


def test_the_http_api_refuses_a_body_of_more_than_10_megabytes(laptop_cloud: Cloud) -> None:
    status, answer = post(laptop_cloud, "/v1/strain", b" " * (10 * MEGABYTE) + b"{}")

    assert (status, answer) == (413, {"message": "Request Entity Too Large"})


def test_the_http_api_refuses_a_body_that_is_too_large_for_its_function(
    laptop_cloud: Cloud,
) -> None:
    """A binary body grows by a third, as base64 in the event."""
    status, _ = post(laptop_cloud, "/v1/strain", b"{}" + bytes(5 * MEGABYTE), "image/png")

    assert status == 413


def test_the_http_api_does_not_wait_longer_than_the_integrations_timeout(
    laptop_cloud: Cloud,
) -> None:
    status, answer = ask(laptop_cloud, "/v1/soon", sleep_s=2)

    assert (status, answer) == (503, {"message": "Service Unavailable"})


@pytest.mark.parametrize("asked", [{"sleep_s": 6}, {"memory_mb": 300}, {"fail": True}])
def test_the_http_api_hides_the_errors_of_a_function(
    laptop_cloud: Cloud, asked: dict[str, Any]
) -> None:
    assert ask(laptop_cloud, **asked) == (500, {"message": "Internal Server Error"})


def test_an_execution_takes_at_most_256_kibibytes(laptop_cloud: Cloud) -> None:
    with pytest.raises(ClientError, match="less than or equal to 262144") as refused:
        execute(laptop_cloud, do="done", fill="x" * 262_144)
    assert refused.value.response["Error"]["Code"] == "ValidationException"

    ended = execute(laptop_cloud, do="grow", fill="x" * 140_000)

    assert (ended["status"], ended["error"]) == ("FAILED", "States.DataLimitExceeded")
