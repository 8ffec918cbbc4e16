"""A function runs as on AWS: bare, with its own role and its own errors."""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import requests

from support.calls import invoke, ops, wait_for
from support.models import Models

if TYPE_CHECKING:
    from laptop_cloud.cloud import Cloud

pytestmark = pytest.mark.stack


def test_a_function_sees_the_runtime_and_its_layers_and_nothing_else(laptop_cloud: Cloud) -> None:
    seen = invoke(laptop_cloud, "Tell")

    assert seen["layer"] == "layer"
    assert seen["importable"] == ["boto3"]
    assert seen["python"] == [3, 13]
    assert ":assumed-role/" in seen["caller"]
    assert "TellFunction" in seen["caller"]


def test_a_function_of_a_nested_stack_is_a_function_like_any_other(laptop_cloud: Cloud) -> None:
    seen = invoke(laptop_cloud, "TellNested")

    assert seen["layer"] == "layer"
    assert "NestedFunction" in seen["caller"]


def test_nothing_of_the_server_is_in_a_functions_environment(laptop_cloud: Cloud) -> None:
    names = invoke(laptop_cloud, "Tell")["environment"]

    assert {"TABLE", "STACK", "AWS_LAMBDA_FUNCTION_NAME", "AWS_EXECUTION_ENV"} <= set(names)
    assert not [name for name in names if name.startswith(("MINISTACK", "LAPTOP_CLOUD", "AUTH"))]


def test_an_exception_keeps_its_class_its_message_and_its_trace(laptop_cloud: Cloud) -> None:
    failed = invoke(laptop_cloud, "Fail", {"why": "the table is asleep"})

    assert failed["FunctionError"] == "Unhandled"
    assert failed["errorType"] == "Unavailable"
    assert failed["errorMessage"] == "the table is asleep"
    assert any("probe.py" in frame for frame in failed["stackTrace"])


def test_what_a_function_prints_reaches_its_log(laptop_cloud: Cloud) -> None:
    invoke(laptop_cloud, "Fail", {"why": "for the log"})
    logs = ops(laptop_cloud)("logs")
    group = f"/aws/lambda/{laptop_cloud.outputs['Fail']}"

    def lines() -> list[str]:
        events = logs.filter_log_events(logGroupName=group)["events"]
        text = [event["message"] for event in events]
        return text if any("for the log" in line for line in text) else []

    text = "\n".join(wait_for("log", lines))
    assert "about to fail" in text
    assert "Traceback" in text


def test_a_log_is_read_page_by_page(laptop_cloud: Cloud) -> None:
    for n in (1, 2):
        invoke(laptop_cloud, "Fail", {"why": f"pageable {n}"})
    asked = {
        "logGroupName": f"/aws/lambda/{laptop_cloud.outputs['Fail']}",
        "filterPattern": "pageable",
    }
    paginator = ops(laptop_cloud)("logs").get_paginator("filter_log_events")

    def read(**size: int) -> list[list[str]]:
        pages = paginator.paginate(**asked, PaginationConfig=size)
        return [[event["message"] for event in page["events"]] for page in pages]

    wait_for("log", lambda: "pageable 2" in str(read()))
    (whole,) = read()
    pages = read(PageSize=1)
    assert [line for page in pages for line in page] == whole
    assert len(pages) >= len(whole) > 1


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere each process is new")
def test_functions_with_the_same_layers_are_forks_of_one_process(laptop_cloud: Cloud) -> None:
    assert invoke(laptop_cloud, "Tell")["parent"] == invoke(laptop_cloud, "Strain")["parent"]


def test_an_invocation_ends_in_the_environment_in_which_it_began(laptop_cloud: Cloud) -> None:
    set_timeout(laptop_cloud, 15)
    before = invoke(laptop_cloud, "Strain")["process"]
    with ThreadPoolExecutor() as pool:
        running = pool.submit(invoke, laptop_cloud, "Strain", {"sleep_s": 8})
        time.sleep(2)
        set_timeout(laptop_cloud, 6)
        during = invoke(laptop_cloud, "Strain")["process"]
        assert not running.done()

    assert running.result()["process"] == before
    assert during != before
    assert invoke(laptop_cloud, "Strain")["process"] == during
    set_timeout(laptop_cloud, 5)


def set_timeout(cloud: Cloud, seconds: int) -> None:
    function = cloud.outputs["Strain"]
    ops(cloud)("lambda").update_function_configuration(FunctionName=function, Timeout=seconds)


def test_a_function_has_only_the_permissions_of_the_template(laptop_cloud: Cloud) -> None:
    photo = {"bucket": laptop_cloud.outputs["Bucket"], "key": "photos/a.jpg"}

    assert invoke(laptop_cloud, "Put", photo) == {"put": "photos/a.jpg"}
    refused = invoke(laptop_cloud, "PutElsewhere", photo)
    assert refused["errorType"] == "AccessDenied"
    assert "s3:PutObject" in refused["errorMessage"]


def test_writing_to_an_encrypted_bucket_requires_permission_on_its_key(laptop_cloud: Cloud) -> None:
    photo = {"bucket": laptop_cloud.outputs["Bucket"], "key": "photos/b.jpg"}

    refused = invoke(laptop_cloud, "PutWithoutKey", photo)

    assert refused["errorType"] == "AccessDenied"
    assert "kms:GenerateDataKey" in refused["errorMessage"]


@pytest.mark.parametrize(("content", "status"), [(b"12345", 204), (b"12345678901", 400)])
def test_a_presigned_post_has_the_permissions_of_its_signer(
    laptop_cloud: Cloud, content: bytes, status: int
) -> None:
    key = f"uploads/{len(content)}"
    form = invoke(laptop_cloud, "Sign", {"bucket": laptop_cloud.outputs["Bucket"], "key": key})

    answer = requests.post(
        form["url"], data=form["fields"], files={"file": ("x", content)}, timeout=30
    )

    assert answer.status_code == status


def test_rekognition_reads_a_photo_with_its_callers_rights(laptop_cloud: Cloud) -> None:
    bucket = laptop_cloud.outputs["Bucket"]
    for key in ("photos/face.jpg", "private/face.jpg"):
        invoke(laptop_cloud, "Put", {"bucket": bucket, "key": key})

    assert invoke_list(laptop_cloud, "photos/face.jpg") == [{"Confidence": 99.0}]
    target, asked = Models.asked[-1]
    assert target == "RekognitionService.DetectFaces"
    named = {"Bucket": bucket, "Name": "photos/face.jpg"}
    assert asked == {"Image": {"S3Object": named, "Bytes": "cGhvdG8="}}

    refused = invoke(laptop_cloud, "Look", {"bucket": bucket, "key": "private/face.jpg"})
    assert refused["errorType"] == "InvalidS3ObjectException"
    missing = invoke(laptop_cloud, "Look", {"bucket": bucket, "key": "photos/missing.jpg"})
    assert missing["errorType"] == "InvalidS3ObjectException"


def test_calling_rekognition_requires_a_permission(laptop_cloud: Cloud) -> None:
    photo = {"bucket": laptop_cloud.outputs["Bucket"], "key": "photos/face.jpg"}

    refused = invoke(laptop_cloud, "LookWithoutRekognition", photo)

    assert refused["errorType"] == "AccessDeniedException"
    assert "rekognition:DetectFaces" in refused["errorMessage"]


def test_cloudwatch_counts_every_call_of_a_function_and_of_rekognition(
    laptop_cloud: Cloud,
) -> None:
    function = laptop_cloud.outputs["Look"]
    photo = {"bucket": laptop_cloud.outputs["Bucket"], "key": "photos/face.jpg"}
    invoke(laptop_cloud, "Put", photo)
    ours = ("AWS/Lambda", "Invocations", "FunctionName", function)
    durations = ("AWS/Lambda", "Duration", "FunctionName", function)
    theirs = ("AWS/Rekognition", "SuccessfulRequestCount", "Operation", "DetectFaces")
    before = [metric(laptop_cloud, *one) for one in (ours, durations, theirs)]

    call = ops(laptop_cloud)("lambda").invoke
    call(FunctionName=function, Payload=json.dumps(photo).encode())
    call(FunctionName=function, Payload=json.dumps(photo).encode(), InvocationType="Event")

    def counted() -> bool:
        return metric(laptop_cloud, *theirs) == before[2] + 2

    wait_for("second call", counted)
    wait_for("second metric", lambda: metric(laptop_cloud, *ours) == before[0] + 2)
    assert metric(laptop_cloud, *durations) > before[1]


def metric(cloud: Cloud, namespace: str, name: str, dimension: str, value: str) -> float:
    """The sum of a metric over the last hour."""
    now = datetime.now(UTC)
    found = ops(cloud)("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=name,
        Dimensions=[{"Name": dimension, "Value": value}],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(minutes=1),
        Period=3600,
        Statistics=["Sum"],
    )
    return float(sum(one["Sum"] for one in found["Datapoints"]))


def invoke_list(cloud: Cloud, key: str) -> list[dict[str, float]]:
    event = {"bucket": cloud.outputs["Bucket"], "key": key}
    answer = ops(cloud)("lambda").invoke(
        FunctionName=cloud.outputs["Look"], Payload=json.dumps(event).encode()
    )
    found: list[dict[str, float]] = json.loads(answer["Payload"].read())
    return found


def test_the_tests_run_on_the_same_python_as_the_functions() -> None:
    assert sys.version_info[:2] == (3, 13)
