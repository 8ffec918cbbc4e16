"""Each call of AWS is a subsegment of the invocation's trace, with the job's id."""

import json
import socket

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from likeness.adapters import tracing
from likeness.observability import logger
from tests.builders import JOB
from tests.integration.aws_responses import kms

ROOT, PARENT = "1-5759e988-bd862e3fe1be46a994272793", "53995c3f42cd8ad8"
SAMPLED = f"Root={ROOT};Parent={PARENT};Sampled=1;Lineage=25:1:0"


@pytest.fixture
def daemon(monkeypatch):
    """X-Ray's daemon, as Lambda runs it beside a function."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as found:
        found.bind(("127.0.0.1", 0))
        found.settimeout(20)
        address = f"127.0.0.1:{found.getsockname()[1]}"
        monkeypatch.setenv("AWS_XRAY_DAEMON_ADDRESS", address)
        monkeypatch.setenv("_X_AMZN_TRACE_ID", SAMPLED)
        monkeypatch.setattr("time.sleep", lambda _: None)
        yield found
    logger.clear_state()


def received(daemon):
    header, document = daemon.recv(65536).decode().split("\n")
    assert json.loads(header) == {"format": "json", "version": 1}
    return json.loads(document)


def test_a_call_is_a_subsegment_of_the_function_with_the_jobs_id(daemon):
    logger.append_keys(job_id=JOB)

    tracing.trace_calls(kms()).list_keys(Limit=7)

    found = received(daemon)
    assert found.pop("end_time") >= found.pop("start_time") > 0
    assert len(bytes.fromhex(found.pop("id"))) == 8
    assert found == {
        "name": "KMS",
        "type": "subsegment",
        "namespace": "aws",
        "trace_id": ROOT,
        "parent_id": PARENT,
        "annotations": {"job_id": JOB},
        "aws": {"operation": "ListKeys", "request_id": "request-1"},
        "http": {"response": {"status": 200}},
        "error": False,
        "fault": False,
        "throttle": False,
    }


@pytest.mark.parametrize(
    ("code", "status", "kinds"),
    [
        ("NotFoundException", 400, {"error"}),
        ("ThrottlingException", 400, {"error", "throttle"}),
        ("KMSInternalException", 500, {"fault"}),
    ],
)
def test_an_error_is_marked_as_what_it_is(daemon, code, status, kinds):
    client = tracing.trace_calls(kms(*[code] * 9, status=status))

    with pytest.raises(ClientError):
        client.list_keys()

    found = received(daemon)
    assert {one for one in ("error", "fault", "throttle") if found[one]} == kinds
    assert found["annotations"] == {}


def test_a_call_without_a_response_is_a_fault(daemon):
    client = tracing.trace_calls(kms())
    client.meta.events.register_first("before-send.kms", unreachable)

    with pytest.raises(EndpointConnectionError):
        client.list_keys()

    found = received(daemon)
    assert (found["fault"], found["aws"]) == (True, {"operation": "ListKeys"})


def unreachable(**_):
    raise EndpointConnectionError(endpoint_url="https://kms")


@pytest.mark.parametrize("header", ["", SAMPLED.replace("Sampled=1", "Sampled=0"), "nonsense"])
def test_an_invocation_that_is_not_sampled_sends_nothing(daemon, monkeypatch, header):
    monkeypatch.setenv("_X_AMZN_TRACE_ID", header)

    tracing.trace_calls(kms()).list_keys()

    daemon.settimeout(0.2)
    with pytest.raises(TimeoutError):
        daemon.recv(65536)


def test_a_daemon_that_cannot_be_reached_fails_no_call(daemon, monkeypatch):
    monkeypatch.setenv("AWS_XRAY_DAEMON_ADDRESS", "127.0.0.1:0")

    assert tracing.trace_calls(kms()).list_keys()["Keys"] == []
