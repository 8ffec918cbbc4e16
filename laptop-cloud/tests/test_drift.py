"""The drift check: resolving templates, and comparing them with services."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest

from laptop_cloud.drift.check import Drift, Resource, check, compare
from laptop_cloud.drift.compare import Difference, agrees, differences, statements
from laptop_cloud.drift.intrinsics import Scope, Unresolvable, parameter, resolve
from laptop_cloud.drift.once import once

SCOPE = Scope(
    names={"Stage": "local", "Bucket": "photos-1", "AWS::Region": "us-east-1", "Days": "3"},
    attribute=lambda name, attribute: f"{name}/{attribute}",
    conditions={
        "IsLocal": {"Fn::Equals": [{"Ref": "Stage"}, "local"]},
        "IsProd": {"Fn::Not": [{"Condition": "IsLocal"}]},
        "Both": {"Fn::And": [{"Condition": "IsLocal"}, {"Condition": "IsProd"}]},
        "Either": {"Fn::Or": [{"Condition": "IsLocal"}, {"Condition": "IsProd"}]},
    },
    mappings={"Size": {"local": {"memory": 128}}},
)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ({"Ref": "Bucket"}, "photos-1"),
        ({"Fn::GetAtt": ["Key", "Arn"]}, "Key/Arn"),
        ({"Fn::GetAtt": "Storage.Outputs.Name"}, "Storage/Outputs.Name"),
        ({"Fn::Sub": "a-${Stage}-${Key.Arn}-${!Kept}"}, "a-local-Key/Arn-${Kept}"),
        ({"Fn::Sub": ["${own}-${Stage}", {"own": {"Ref": "Bucket"}}]}, "photos-1-local"),
        ({"Fn::Join": [":", ["a", {"Ref": "Stage"}]]}, "a:local"),
        ({"Fn::Select": [1, {"Fn::Split": ["-", {"Ref": "Bucket"}]}]}, "1"),
        ({"Fn::FindInMap": ["Size", {"Ref": "Stage"}, "memory"]}, 128),
        ({"Fn::If": ["IsLocal", "yes", "no"]}, "yes"),
        ({"Fn::If": ["IsProd", "yes", "no"]}, "no"),
        ({"Fn::If": ["Both", "yes", "no"]}, "no"),
        ({"Fn::If": ["Either", "yes", "no"]}, "yes"),
        ([1, {"Fn::If": ["IsProd", 2, {"Ref": "AWS::NoValue"}]}, 3], [1, 3]),
        ({"a": {"Ref": "AWS::NoValue"}, "b": {"c": {"Ref": "Days"}}}, {"b": {"c": "3"}}),
    ],
)
def test_an_intrinsic_function_is_resolved(expression: Any, value: Any) -> None:
    assert resolve(expression, SCOPE) == value


@pytest.mark.parametrize(
    ("kind", "value", "found"),
    [
        ("String", "a,b", "a,b"),
        ("CommaDelimitedList", "a, b", ["a", "b"]),
        ("List<Number>", "1", ["1"]),
    ],
)
def test_a_parameter_of_a_list_type_is_a_list(kind: str, value: str, found: Any) -> None:
    assert parameter({"Type": kind}, value) == found


@pytest.mark.parametrize("expression", [{"Ref": "Unknown"}, {"Fn::Cidr": ["10.0.0.0/8", 1, 8]}])
def test_an_unknown_expression_is_an_error(expression: Any) -> None:
    with pytest.raises(Unresolvable):
        resolve({"deep": [expression]}, SCOPE)


@pytest.mark.parametrize(
    ("wanted", "got"),
    [
        (1, "1"),
        (0, 0.0),
        (True, "true"),
        (["b", "a"], ["a", "b"]),
        ({"a": 1}, {"a": 1, "added": "by the service"}),
        ([{"a": 1}, {"a": 2}], [{"a": "2"}, {"a": "1", "b": 3}]),
    ],
)
def test_the_same_value_in_another_form_is_no_drift(wanted: Any, got: Any) -> None:
    assert agrees(wanted, got)


@pytest.mark.parametrize(
    ("wanted", "got"),
    [
        (1, 2),
        (1, None),
        (False, None),
        ("", None),
        (["a"], ["a", "b"]),
        (["a", "a"], ["a", "b"]),
        ({"a": 1}, {}),
        ({"a": 1}, "a"),
        ([{"a": 1}], [{"a": 2}]),
    ],
)
def test_a_dropped_changed_or_additional_value_is_drift(wanted: Any, got: Any) -> None:
    assert not agrees(wanted, got)


def test_a_difference_names_resource_property_wanted_and_got() -> None:
    wanted = {"LifecycleConfiguration": {"Rules": [1]}, "BucketName": "a"}
    got = {"BucketName": "b"}

    found = [str(one) for one in differences("Storage.Photos", wanted, got)]

    assert found == [
        'Storage.Photos: LifecycleConfiguration should be {"Rules": [1]} and is nothing',
        'Storage.Photos: BucketName should be "a" and is "b"',
    ]


def test_policies_in_another_form_are_the_same() -> None:
    template = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Resource": ["arn:b", "arn:a"],
            "Principal": {"AWS": "1"},
            "Condition": {"StringEquals": {"k": "v"}},
        },
    }
    answer = (
        '{"Statement": [{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": '
        '["arn:a", "arn:b"], "Principal": {"AWS": ["1"]}, "Condition": '
        '{"StringEquals": {"k": ["v"]}}}]}'
    )

    assert not list(differences("r", {"PolicyDocument": template}, {"PolicyDocument": answer}))


def test_a_policy_that_lost_a_condition_is_drift() -> None:
    statement = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}
    guarded = {**statement, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}

    found = list(
        differences(
            "r",
            {"PolicyDocument": {"Statement": [guarded]}},
            {"PolicyDocument": {"Statement": [statement]}},
        )
    )

    assert found == [
        Difference("r", "PolicyDocument", statements({"Statement": [guarded]}),
                   statements({"Statement": [statement]}))
    ]  # fmt: skip


def test_a_resource_without_a_reader_is_drift() -> None:
    stranger = Resource("Thing", "AWS::Unknown::Type", "thing-1", {})

    with pytest.raises(Drift, match=r"Thing: there is no reader for AWS::Unknown::Type"):
        list(compare(lambda _: None, stranger))


def test_a_recorded_resource_is_not_read() -> None:
    wanted = {"ApplicationName": "a", "ComputePlatform": "Lambda"}
    deployments = Resource("Application", "AWS::CodeDeploy::Application", "a", wanted)

    assert not list(compare(lambda _: None, deployments))


class FakeCloud:
    """CloudFormation and Logs, with one log group with this retention."""

    def __init__(self, retention: int | None) -> None:
        self.retention = retention

    def __call__(self, _service: str) -> FakeCloud:
        return self

    def get_template(self, **_: str) -> dict[str, Any]:
        group = {"LogGroupName": {"Fn::Sub": "/probe/${Stage}"}, "RetentionInDays": 14}
        return {
            "TemplateBody": {
                "Parameters": {"Stage": {"Type": "String", "Default": "dev"}},
                "Resources": {"Logs": {"Type": "AWS::Logs::LogGroup", "Properties": group}},
            }
        }

    def get_paginator(self, _operation: str) -> FakeCloud:
        return self

    def paginate(self, **_: str) -> list[dict[str, Any]]:
        one = {
            "LogicalResourceId": "Logs",
            "PhysicalResourceId": "/probe/local",
            "ResourceType": "AWS::Logs::LogGroup",
        }
        return [{"StackResourceSummaries": [one]}]

    def describe_stacks(self, **_: str) -> dict[str, Any]:
        given = [{"ParameterKey": "Stage", "ParameterValue": "local"}]
        return {"Stacks": [{"StackId": "s/1", "StackName": "probe", "Parameters": given}]}

    def describe_log_groups(self, **_: str) -> dict[str, Any]:
        found = {"logGroupName": "/probe/local", "retentionInDays": self.retention}
        return {"logGroups": [found]}


def test_a_stack_like_its_template_passes() -> None:
    check(FakeCloud(retention=14), "probe")


def test_a_stack_that_lost_a_property_fails_with_its_name() -> None:
    with pytest.raises(Drift, match="Logs: RetentionInDays should be 14 and is nothing"):
        check(FakeCloud(retention=None), "probe")


class Bucket:
    """Counts its calls, and fails at first."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - boto3's names
        self.calls.append(f"{Bucket}/{Key}")
        if len(self.calls) == 1:
            raise ConnectionError
        return {"Body": BytesIO(Key.encode())}


def test_a_call_that_several_properties_share_is_made_once() -> None:
    bucket = Bucket()
    clients = once(lambda _: bucket)

    with pytest.raises(ConnectionError):
        clients("s3").get_object(Bucket="b", Key="one")
    read = [clients("s3").get_object(Bucket="b", Key=key)["Body"].read() for key in ("one",) * 2]
    clients("s3").get_object(Key="other", Bucket="b")

    assert read == [b"one", b"one"]
    assert bucket.calls == ["b/one", "b/one", "b/other"]
