"""Versions and aliases route as on AWS; a gradual deployment goes back when its alarm goes off."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests
from botocore.exceptions import ClientError

from laptop_cloud import identities, places
from support.calls import ops, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from laptop_cloud.clients import Clients
    from laptop_cloud.cloud import Cloud

pytestmark = pytest.mark.stack

STACK = "releases"
SLOWLY = "Canary10Percent30Minutes"  # there is time to call the new version before it takes over
HERE = f"{places.REGION}:{places.ACCOUNT}"
CODE = """
import os
import time

if os.environ["SAYS"] == "88":
    import absent

def handler(event, context):
    if isinstance(event, dict) and event.get("fail"):
        raise RuntimeError("as asked")
    if isinstance(event, dict):
        time.sleep(event.get("sleep", 0))
    return {"says": os.environ["SAYS"], "arn": context.invoked_function_arn}
"""
TEMPLATE = {
    "Transform": "AWS::Serverless-2016-10-31",
    "Parameters": {name: {"Type": "String"} for name in ("Release", "Says", "Rollout")},
    "Resources": {
        "Letters": {"Type": "AWS::SQS::Queue"},
        "Faults": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                "AlarmName": {"Fn::Sub": "faults-${Release}"},
                "Namespace": "Probe",
                "MetricName": "Faults",
                "Dimensions": [{"Name": "Release", "Value": {"Ref": "Release"}}],
                "Statistic": "Sum",
                "Period": 60,
                "EvaluationPeriods": 1,
                "Threshold": 3,
                "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                "TreatMissingData": "notBreaching",
            },
        },
        "Logs": {
            "Type": "AWS::Logs::LogGroup",
            "Properties": {"LogGroupName": "/releases", "RetentionInDays": 1},
        },
        "Deaths": {
            "Type": "AWS::Logs::MetricFilter",
            "Properties": {
                "LogGroupName": {"Ref": "Logs"},
                "FilterPattern": (
                    '{ ($.type = "platform.initReport" && $.record.status = "error")'
                    ' || ($.type = "platform.report" && $.record.status = "timeout") }'
                ),
                "MetricTransformations": [
                    {
                        "MetricNamespace": "Probe",
                        "MetricName": "Deaths",
                        "MetricValue": "1",
                    }
                ],
            },
        },
        "Dies": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                "AlarmName": "functions-die",
                "Namespace": "Probe",
                "MetricName": "Deaths",
                "Statistic": "Sum",
                "Period": 60,
                "EvaluationPeriods": 1,
                "Threshold": 1,
                "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                "TreatMissingData": "notBreaching",
            },
        },
        "Tell": {
            "Type": "AWS::Serverless::Function",
            "Properties": {
                "Runtime": "python3.13",
                "Timeout": 3,
                "Handler": "index.handler",
                "InlineCode": CODE,
                "LoggingConfig": {"LogFormat": "JSON", "LogGroup": {"Ref": "Logs"}},
                "Environment": {"Variables": {"SAYS": {"Ref": "Says"}}},
                "AutoPublishAlias": "live",
                "AutoPublishCodeSha256": {"Ref": "Release"},
                "DeploymentPreference": {
                    "Type": {"Ref": "Rollout"},
                    "Alarms": [{"Ref": "Faults"}, {"Ref": "Dies"}],
                },
                "EventInvokeConfig": {
                    "MaximumRetryAttempts": 0,
                    "DestinationConfig": {
                        "OnFailure": {
                            "Type": "SQS",
                            "Destination": {"Fn::GetAtt": ["Letters", "Arn"]},
                        }
                    },
                },
                "Events": {
                    "Route": {
                        "Type": "HttpApi",
                        "Properties": {"Path": "/tell", "Method": "GET"},
                    }
                },
            },
        },
        "Machine": {
            "Type": "AWS::Serverless::StateMachine",
            "Properties": {
                "Name": "releases",
                "AutoPublishAlias": "live",
                "Definition": {
                    "StartAt": "Wait",
                    "States": {
                        "Wait": {"Type": "Wait", "Seconds": 300, "Next": "Say"},
                        "Say": {"Type": "Pass", "Result": {"says": "${Says}"}, "End": True},
                    },
                },
                "DefinitionSubstitutions": {"Says": {"Ref": "Says"}},
                "Role": f"arn:aws:iam::{places.ACCOUNT}:role/{identities.OPS_ROLE}",
            },
        },
    },
    "Outputs": {
        "Tell": {"Value": {"Ref": "Tell"}},
        "Letters": {"Value": {"Ref": "Letters"}},
        "Api": {"Value": {"Ref": "ServerlessHttpApi"}},
        "Machine": {"Value": {"Ref": "Machine"}},
    },
}


class Deployment:
    """The stack of this file, and calls of what it has."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.clients = ops(cloud)

    def start(self, says: str, rollout: str = "AllAtOnce") -> None:
        client = self.clients("cloudformation")
        known = [one["StackName"] for one in client.describe_stacks()["Stacks"]]
        given = {"Release": f"{says:0<16}", "Says": says, "Rollout": rollout}
        (client.update_stack if STACK in known else client.create_stack)(
            StackName=STACK,
            TemplateBody=json.dumps(TEMPLATE),
            Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in given.items()],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        )

    def ended(self) -> str:
        def status() -> str | None:
            found = self.clients("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
            return None if found["StackStatus"].endswith("IN_PROGRESS") else found["StackStatus"]

        return wait_for("end of the deployment", status)

    def deploy(self, says: str, rollout: str = "AllAtOnce") -> str:
        self.start(says, rollout)
        return self.ended()

    def output(self, name: str) -> str:
        found = self.clients("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
        return next(one["OutputValue"] for one in found["Outputs"] if one["OutputKey"] == name)

    def alias(self) -> dict[str, Any]:
        found = self.clients("lambda").get_alias(FunctionName=self.output("Tell"), Name="live")
        return {name: found[name] for name in ("FunctionVersion", "RoutingConfig") if name in found}

    def shifted(self) -> tuple[str, float]:
        """The new version of a gradual deployment, once it has a share, and the share."""

        def weights() -> dict[str, float] | None:
            found = self.alias().get("RoutingConfig", {}).get("AdditionalVersionWeights")
            return found or None

        ((version, share),) = wait_for("share of the new version", weights).items()
        return version, share

    def tell(self, qualifier: str = "live", **event: Any) -> dict[str, Any]:
        answer = self.clients("lambda").invoke(
            FunctionName=self.output("Tell"), Qualifier=qualifier, Payload=json.dumps(event)
        )
        return {**json.loads(answer["Payload"].read()), "version": answer["ExecutedVersion"]}


@pytest.fixture(scope="module")
def deployment(laptop_cloud: Cloud) -> Iterator[Deployment]:
    made = Deployment(laptop_cloud)
    assert made.deploy("aa") == "CREATE_COMPLETE"
    yield made
    made.clients("cloudformation").delete_stack(StackName=STACK)


@pytest.fixture
def allowed(laptop_cloud: Cloud) -> Iterator[Callable[..., Clients]]:
    """Clients of a role that may do one action on one resource."""
    iam, name = ops(laptop_cloud)("iam"), "probe-releases"
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{places.ACCOUNT}:root"},
        "Action": "sts:AssumeRole",
    }
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))

    def make(action: str, resource: str) -> Clients:
        statement = {"Effect": "Allow", "Action": action, "Resource": resource}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_role_policy(RoleName=name, PolicyName="probe", PolicyDocument=document)
        return laptop_cloud.act_as(identities.assume(laptop_cloud.root(), name))

    yield make
    iam.delete_role_policy(RoleName=name, PolicyName="probe")
    iam.delete_role(RoleName=name)


def test_a_release_moves_the_alias_and_the_old_version_stays(deployment: Deployment) -> None:
    before = deployment.tell()

    assert deployment.deploy("bb") == "UPDATE_COMPLETE"

    after = deployment.tell()
    assert (before["says"], after["says"]) == ("aa", "bb")
    assert int(after["version"]) == int(before["version"]) + 1
    assert after["arn"].endswith(f":function:{deployment.output('Tell')}:live")
    assert deployment.tell(before["version"])["says"] == "aa"


def test_a_parameter_alone_publishes_nothing(deployment: Deployment) -> None:
    """SAM does not see the value of a parameter in the environment: only Release changes it."""
    deployment.deploy("cc")
    there = deployment.alias()
    client = deployment.clients("cloudformation")
    given = {"Release": f"{'cc':0<16}", "Says": "dd", "Rollout": "AllAtOnce"}
    client.update_stack(
        StackName=STACK,
        UsePreviousTemplate=True,
        Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in given.items()],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )

    assert deployment.ended() == "UPDATE_COMPLETE"
    assert deployment.alias() == there
    assert deployment.tell()["says"] == "cc"


def test_an_alias_routes_by_weight(deployment: Deployment) -> None:
    old = deployment.tell()["version"]
    deployment.deploy("ee")
    client, name = deployment.clients("lambda"), deployment.output("Tell")
    client.update_alias(
        FunctionName=name, Name="live", RoutingConfig={"AdditionalVersionWeights": {old: 0.5}}
    )

    versions = {deployment.tell()["version"] for _ in range(40)}
    client.update_alias(
        FunctionName=name, Name="live", RoutingConfig={"AdditionalVersionWeights": {}}
    )

    assert versions == {old, deployment.alias()["FunctionVersion"]}


def test_a_policy_for_the_alias_allows_the_alias_alone(
    deployment: Deployment, allowed: Callable[..., Clients]
) -> None:
    name = deployment.output("Tell")
    client = allowed("lambda:InvokeFunction", f"arn:aws:lambda:{HERE}:function:{name}:live")(
        "lambda"
    )

    assert client.invoke(FunctionName=name, Qualifier="live")["StatusCode"] == 200
    for other in ({}, {"Qualifier": "1"}):
        with pytest.raises(ClientError, match="AccessDenied"):
            client.invoke(FunctionName=name, **other)


def test_an_event_for_the_alias_has_the_settings_of_the_alias(deployment: Deployment) -> None:
    deployment.clients("lambda").invoke(
        FunctionName=deployment.output("Tell"),
        Qualifier="live",
        InvocationType="Event",
        Payload=b'{"fail": true}',
    )

    def letter() -> dict[str, Any] | None:
        found = deployment.clients("sqs").receive_message(QueueUrl=deployment.output("Letters"))
        return json.loads(found["Messages"][0]["Body"]) if found.get("Messages") else None

    about = wait_for("record of the failure", letter)["requestContext"]
    assert about["functionArn"].endswith(":live")
    assert about["approximateInvokeCount"] == 1


def test_an_api_calls_the_alias_only_while_its_policy_allows_it(deployment: Deployment) -> None:
    url = f"{deployment.cloud.endpoint}/_aws/execute-api/{deployment.output('Api')}/tell"
    client, name = deployment.clients("lambda"), deployment.output("Tell")
    assert requests.get(url, timeout=30).json()["arn"].endswith(":live")

    policy = json.loads(client.get_policy(FunctionName=name, Qualifier="live")["Policy"])
    (statement,) = policy["Statement"]
    client.remove_permission(FunctionName=name, Qualifier="live", StatementId=statement["Sid"])
    refused = requests.get(url, timeout=30)
    client.add_permission(
        FunctionName=name,
        Qualifier="live",
        StatementId=statement["Sid"],
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=statement["Condition"]["ArnLike"]["AWS:SourceArn"],
    )

    assert (refused.status_code, refused.json()) == (500, {"message": "Internal Server Error"})
    assert requests.get(url, timeout=30).status_code == 200


def test_an_execution_keeps_the_version_with_which_it_began(
    deployment: Deployment, allowed: Callable[..., Clients]
) -> None:
    """A policy names the machine, whatever the version or the alias that is started."""
    machine = deployment.output("Machine")
    starter = allowed("states:StartExecution", machine)("stepfunctions")
    old = deployment.tell()["says"]
    early = starter.start_execution(stateMachineArn=f"{machine}:live")["executionArn"]
    assert deployment.deploy("ff") == "UPDATE_COMPLETE"
    late = starter.start_execution(stateMachineArn=f"{machine}:live")["executionArn"]
    states = deployment.clients("stepfunctions")

    def ended(arn: str) -> dict[str, Any] | None:
        found: dict[str, Any] = states.describe_execution(executionArn=arn)
        return None if found["status"] == "RUNNING" else found

    first, second = (wait_for("execution", lambda arn=arn: ended(arn)) for arn in (early, late))
    assert [json.loads(one["output"])["says"] for one in (first, second)] == [old, "ff"]
    assert {one["stateMachineAliasArn"] for one in (first, second)} == {f"{machine}:live"}
    assert first["stateMachineVersionArn"] != second["stateMachineVersionArn"]
    assert early.startswith(machine.replace(":stateMachine:", ":execution:") + ":")


def test_a_release_goes_back_when_its_alarm_goes_off(deployment: Deployment) -> None:
    """The alarm counts the faults of the new release alone."""
    before, old = deployment.alias(), deployment.tell()["says"]
    faults = {"MetricName": "Faults", "Value": 3, "Unit": "Count"}
    deployment.start("99", SLOWLY)

    version, share = deployment.shifted()
    assert (deployment.alias()["FunctionVersion"], share) == (before["FunctionVersion"], 0.1)
    assert deployment.tell(version)["says"] == "99"
    deployment.clients("cloudwatch").put_metric_data(
        Namespace="Probe",
        MetricData=[faults | {"Dimensions": [{"Name": "Release", "Value": f"{'99':0<16}"}]}],
    )

    assert deployment.ended() == "UPDATE_ROLLBACK_COMPLETE"
    assert deployment.alias() == before
    assert {deployment.tell()["says"] for _ in range(10)} == {old}
    events = deployment.clients("cloudformation").describe_stack_events(StackName=STACK)
    reasons = [one.get("ResourceStatusReason", "") for one in events["StackEvents"]]
    assert any("faults-99" in reason for reason in reasons)


def test_a_release_whose_alarm_is_quiet_takes_over(deployment: Deployment) -> None:
    began = time.monotonic()

    assert deployment.deploy("77", "Canary10Percent5Minutes") == "UPDATE_COMPLETE"

    assert deployment.tell()["says"] == "77"
    assert "RoutingConfig" not in deployment.alias()
    assert time.monotonic() - began >= 300 * 0.02


def test_a_release_that_cannot_be_imported_goes_back(deployment: Deployment) -> None:
    """No code of the release runs: Lambda's own record of its log is counted."""
    before, old = deployment.alias(), deployment.tell()["says"]
    deployment.start("88", SLOWLY)
    version, _ = deployment.shifted()

    assert deployment.tell(version)["errorType"] == "Runtime.ImportModuleError"

    assert deployment.ended() == "UPDATE_ROLLBACK_COMPLETE"
    assert (deployment.alias(), deployment.tell()["says"]) == (before, old)
    events = deployment.clients("cloudformation").describe_stack_events(StackName=STACK)
    reasons = [one.get("ResourceStatusReason", "") for one in events["StackEvents"]]
    assert any("functions-die is in the state ALARM" in reason for reason in reasons)


def test_an_invocation_that_times_out_is_counted(deployment: Deployment) -> None:
    def deaths() -> float:
        found = deployment.clients("cloudwatch").get_metric_statistics(
            Namespace="Probe",
            MetricName="Deaths",
            StartTime=time.time() - 3600,
            EndTime=time.time() + 60,
            Period=3600,
            Statistics=["Sum"],
        )
        return sum(one["Sum"] for one in found["Datapoints"])

    before = deaths()

    assert deployment.tell(sleep=9)["errorType"] == "Sandbox.Timedout"

    wait_for("record of the end", lambda: deaths() > before)
    assert deaths() == before + 1
