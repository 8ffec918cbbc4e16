"""What a bill can be divided by: each resource that takes tags has them, and each training job.

CloudFormation gives a stack's tags to each resource whose type takes some, and nested stacks are
such resources, so they pass them on (CloudFormation User Guide, "Resource tag"). Which types take
tags is in their schemas, of which cfn-lint has a copy.
"""

from __future__ import annotations

import json
import tomllib
from typing import Any
from unittest.mock import Mock

import pytest

from likeness import bootstrap
from tests.infra.documents import ROOT, read_all

(SCHEMAS,) = (ROOT / ".envs" / "sam").glob("lib/python*/site-packages/cfnlint/data/schemas")
TEMPLATES = [*read_all().values(), *read_all("infra/account.yaml").values()]
TAGS = {"product", "stage"}
# What SAM makes of its types, besides roles.
MADE_BY_SAM = {
    "AWS::Serverless::Function": "AWS::Lambda::Function",
    "AWS::Serverless::HttpApi": "AWS::ApiGatewayV2::Api",
    "AWS::Serverless::LayerVersion": "AWS::Lambda::LayerVersion",
    "AWS::Serverless::StateMachine": "AWS::StepFunctions::StateMachine",
}
# Types that take no tags, and why nothing is missing on the bill.
WITHOUT = {
    "AWS::ApplicationAutoScaling::ScalingPolicy": "costs nothing; the endpoint is tagged",
    "AWS::CloudFront::OriginAccessControl": "costs nothing",
    "AWS::CloudFront::ResponseHeadersPolicy": "costs nothing",
    "AWS::Cognito::UserPoolClient": "the pool is tagged",
    "AWS::Cognito::UserPoolGroup": "the pool is tagged",
    "AWS::IAM::ManagedPolicy": "costs nothing",
    "AWS::IAM::Policy": "costs nothing",
    "AWS::Lambda::LayerVersion": "costs nothing by itself",
    "AWS::Lambda::Permission": "costs nothing",
    "AWS::Lambda::Version": "the function is tagged",
    "AWS::Lambda::Alias": "the function is tagged",
    "AWS::Logs::MetricFilter": "costs nothing",
    "AWS::S3::BucketPolicy": "the bucket is tagged",
    "AWS::SNS::Subscription": "the topic is tagged",
    "AWS::SNS::TopicPolicy": "the topic is tagged",
    "AWS::SQS::QueuePolicy": "the queue is tagged",
}


def used() -> set[str]:
    types = {one["Type"] for each in TEMPLATES for one in each["Resources"].values()}
    return {MADE_BY_SAM.get(one, one) for one in types}


def takes_tags(kind: str) -> bool:
    name = json.loads((SCHEMAS / "providers" / "us-east-1.json").read_text())[kind]
    schema = json.loads((SCHEMAS / "resources" / f"{name}.json").read_text())
    return bool(schema.get("tagging", {}).get("taggable"))


@pytest.mark.parametrize("kind", sorted(used()))
def test_a_resource_type_takes_tags_or_costs_nothing_by_itself(kind: str) -> None:
    assert takes_tags(kind) != (kind in WITHOUT)


def test_nested_stacks_pass_the_tags_on() -> None:
    assert takes_tags("AWS::CloudFormation::Stack")


def test_every_stage_is_deployed_with_the_tags() -> None:
    config = tomllib.loads((ROOT / "samconfig.toml").read_text())
    stages = {
        name: one for name, one in config.items() if isinstance(one, dict) and "deploy" in one
    }

    assert set(stages) == {"dev", "staging", "prod"}
    for stage, one in stages.items():
        tags = dict(pair.split("=") for pair in one["deploy"]["parameters"]["tags"].split())
        assert tags == {"product": "likeness", "stage": stage}


def test_a_training_job_has_the_tags_of_its_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "settings", lambda: Mock(stage="prod"))
    monkeypatch.setattr(bootstrap, "_client", Mock())

    training: Any = bootstrap.training.__wrapped__()

    assert training._settings.tags == {"product": "likeness", "stage": "prod"}  # noqa: SLF001


def test_no_resource_replaces_a_tag_of_its_stack() -> None:
    for template in TEMPLATES:
        for resource in template["Resources"].values():
            own = resource.get("Properties", {}).get("Tags", [])
            keys = set(own) if isinstance(own, dict) else {one["Key"] for one in own}
            assert not keys & TAGS
