"""The values of Fn::GetAtt for each resource type, by physical id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from laptop_cloud import places
from laptop_cloud.drift.intrinsics import Unresolvable

if TYPE_CHECKING:
    from laptop_cloud.clients import Clients

HERE = f"{places.REGION}:{places.ACCOUNT}"
ARNS = {
    "AWS::S3::Bucket": "arn:aws:s3:::{}",
    "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{HERE}:table/{{}}",
    "AWS::KMS::Key": f"arn:aws:kms:{HERE}:key/{{}}",
    "AWS::IAM::Role": f"arn:aws:iam::{places.ACCOUNT}:role/{{}}",
    "AWS::Lambda::Function": f"arn:aws:lambda:{HERE}:function:{{}}",
    "AWS::Logs::LogGroup": f"arn:aws:logs:{HERE}:log-group:{{}}:*",
    "AWS::Events::Rule": f"arn:aws:events:{HERE}:rule/{{}}",
    "AWS::Events::EventBus": f"arn:aws:events:{HERE}:event-bus/{{}}",
    "AWS::Events::Connection": f"arn:aws:events:{HERE}:connection/{{}}",
    "AWS::Events::ApiDestination": f"arn:aws:events:{HERE}:api-destination/{{}}",
    "AWS::StepFunctions::StateMachine": "{}",
    "AWS::CloudWatch::Alarm": f"arn:aws:cloudwatch:{HERE}:alarm:{{}}",
    "AWS::Cognito::UserPool": f"arn:aws:cognito-idp:{HERE}:userpool/{{}}",
}
DOMAINS = {"AWS::S3::Bucket": f"{{}}.s3.{places.REGION}.amazonaws.com"}


def attribute(clients: Clients, kind: str, physical_id: str, name: str) -> str:
    """One attribute; raises Unresolvable if it is unknown."""
    if kind == "AWS::CloudFormation::Stack" and name.startswith("Outputs."):
        return _output(clients, physical_id, name.removeprefix("Outputs."))
    own = _attributes(clients, kind, physical_id, name)
    if name not in own:
        raise Unresolvable(f"attribute {name} of {kind}")
    return str(own[name])


def _attributes(clients: Clients, kind: str, physical_id: str, name: str) -> dict[str, str]:
    last = physical_id.rstrip("/").replace("/", ":").split(":")[-1]
    if kind == "AWS::SQS::Queue":
        own = {"Arn": f"arn:aws:sqs:{HERE}:{last}", "QueueName": last}
    elif kind == "AWS::SNS::Topic":
        own = {"TopicArn": physical_id, "TopicName": last}
    elif kind.startswith("AWS::CloudFront::"):
        own = _cloudfront(clients, kind, physical_id)
    elif kind == "AWS::DynamoDB::Table" and name == "StreamArn":
        table = clients("dynamodb").describe_table(TableName=physical_id)["Table"]
        own = {"StreamArn": table["LatestStreamArn"]}
    elif kind == "AWS::Lambda::Version":
        own = {"Version": last}
    elif kind == "AWS::StepFunctions::StateMachine":
        about = clients("stepfunctions").describe_state_machine(stateMachineArn=physical_id)
        own = {"Arn": physical_id, "Name": last, "StateMachineRevisionId": about["revisionId"]}
    elif kind.startswith("AWS::SageMaker::"):
        noun = kind.rsplit(":", maxsplit=1)[-1]
        own = {f"{noun}Name": last, f"{noun}Arn": physical_id}
    elif kind == "AWS::Cognito::UserPool":
        provider = f"cognito-idp.{places.REGION}.amazonaws.com/{physical_id}"
        own = {
            "Arn": ARNS[kind].format(physical_id),
            "ProviderName": provider,
            "ProviderURL": f"https://{provider}",
        }
    else:
        known = {"Arn": ARNS.get(kind), "RegionalDomainName": DOMAINS.get(kind)}
        own = {one: form.format(physical_id) for one, form in known.items() if form}
    return own


def _cloudfront(clients: Clients, kind: str, physical_id: str) -> dict[str, str]:
    if kind == "AWS::CloudFront::Distribution":
        found = clients("cloudfront").get_distribution(Id=physical_id)["Distribution"]
        return {"Id": physical_id, "DomainName": found["DomainName"]}
    return {"Id": physical_id}


def _output(clients: Clients, stack: str, name: str) -> str:
    described = clients("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    for one in described.get("Outputs", []):
        if one["OutputKey"] == name:
            return str(one["OutputValue"])
    raise Unresolvable(f"output {name} of {stack}")
