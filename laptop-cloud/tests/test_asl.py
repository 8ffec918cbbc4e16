"""State machine definitions, read as Step Functions reads them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from laptop_cloud.extension.asl import Call, TaskFailed, definition_as_json, parse, plain

STATES = "arn:aws:states:::"


@pytest.mark.parametrize(
    ("resource", "call"),
    [
        ("lambda:invoke", Call("lambda", "Invoke", optimized=True)),
        (
            "lambda:invoke.waitForTaskToken",
            Call("lambda", "Invoke", optimized=True, wait="waitForTaskToken"),
        ),
        ("aws-sdk:rekognition:detectFaces", Call("rekognition", "DetectFaces", optimized=False)),
    ],
)
def test_a_resource_is_a_call(resource: str, call: Call) -> None:
    assert parse(f"{STATES}{resource}") == call


def test_a_resource_may_be_a_functions_arn() -> None:
    arn = "arn:aws:lambda:x:1:function:f"

    assert parse(arn) == Call("lambda", "Invoke", optimized=True, function=arn)


def test_nested_executions_and_activities_are_left_to_ministack() -> None:
    assert parse(f"{STATES}states:startExecution.sync:2") is None
    assert parse("arn:aws:states:x:1:activity:a") is None


@pytest.mark.parametrize(
    "resource",
    [
        "arn:${AWS::Partition}:states:::lambda:invoke",
        f"{STATES}sagemaker:createTrainingJob",
        f"{STATES}sagemaker:createTrainingJob.sync",
        f"{STATES}aws-sdk:sagemaker:createTrainingJob.sync",
    ],
)
def test_a_resource_that_is_not_supported_fails(resource: str) -> None:
    with pytest.raises(TaskFailed, match="is not supported"):
        parse(resource)


@pytest.mark.parametrize(
    ("call", "code", "modelled", "name"),
    [
        (Call("lambda", "Invoke", optimized=True), "AccessDeniedException", False,
         "Lambda.AWSLambdaException"),
        (Call("lambda", "Invoke", optimized=True), "TooManyRequestsException", True,
         "Lambda.TooManyRequestsException"),
        (Call("sagemaker", "CreateTrainingJob", optimized=False), "ResourceLimitExceeded", True,
         "SageMaker.ResourceLimitExceededException"),
        (Call("sagemaker", "CreateTrainingJob", optimized=False), "ValidationException", False,
         "SageMaker.SageMakerException"),
        (Call("rekognition", "DetectFaces", optimized=False), "ThrottlingException", True,
         "Rekognition.ThrottlingException"),
        (Call("rekognition", "DetectFaces", optimized=False), "AccessDeniedException", False,
         "Rekognition.RekognitionException"),
    ],
)  # fmt: skip
def test_errors_have_the_names_that_a_catch_matches(
    call: Call, code: str, modelled: bool, name: str
) -> None:
    assert call.error(code, modelled=modelled) == name


def test_a_definition_in_yaml_becomes_json_with_its_numbers() -> None:
    text = "StartAt: A\nTimeoutSeconds: 60\nStates: {A: {Type: Succeed}}\n"

    assert json.loads(definition_as_json(text))["TimeoutSeconds"] == 60


def test_a_placeholder_without_a_substitution_is_refused() -> None:
    with pytest.raises(ValueError, match=r"still has \$\{Key\}"):
        definition_as_json("StartAt: ${Key}")


def test_an_invalid_definition_is_refused() -> None:
    with pytest.raises(ValueError, match="neither JSON nor YAML"):
        definition_as_json("{StartAt: [")


def test_a_parsed_response_becomes_json() -> None:
    answer = {"at": datetime(2026, 11, 22, 10, 0, 0, 5000, UTC), "body": b"text", "n": [1, None]}

    assert plain(answer) == {"at": "2026-11-22T10:00:00.005Z", "body": "text", "n": [1, None]}
