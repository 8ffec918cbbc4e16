"""Events that fail are retried and then go to a dead-letter queue."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from support.calls import dead_letter, ops, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from laptop_cloud.cloud import Cloud

pytestmark = pytest.mark.stack


def test_a_function_that_keeps_failing_leaves_the_event_in_the_dead_letter_queue(
    laptop_cloud: Cloud,
) -> None:
    bucket = laptop_cloud.outputs["Bucket"]
    ops(laptop_cloud)("s3").put_object(Bucket=bucket, Key="fail/1", Body=b"x")

    def wanted(message: dict[str, object]) -> bool:
        body = json.loads(str(message["Body"]))
        return bool(body.get("detail", {}).get("object", {}).get("key") == "fail/1")

    found = dead_letter(laptop_cloud, wanted)

    assert json.loads(found["Body"])["detail-type"] == "Object Created"
    assert found["MessageAttributes"]["ErrorMessage"]["StringValue"] == "no reason"


def test_the_event_is_retried_as_often_as_the_template_says(laptop_cloud: Cloud) -> None:
    bucket = laptop_cloud.outputs["Bucket"]
    ops(laptop_cloud)("s3").put_object(Bucket=bucket, Key="fail/2", Body=b"x")
    dead_letter(laptop_cloud, lambda message: '"fail/2"' in message["Body"])

    def attempts() -> list[str]:
        return [
            one for one in log(laptop_cloud, "Fail") if one.startswith("about") and "fail/2" in one
        ]

    wait_for("log of the retry", lambda: len(attempts()) >= 2)  # stored after the invocation's end
    assert len(attempts()) == 2


ENDS = {
    "killed": ({"memory_mb": 400}, "Runtime.ExitError"),
    "timed out": ({"sleep_s": 20}, "Sandbox.Timedout"),
    "raised": ({"fail": True}, "Unavailable"),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_failed_event_is_recorded_by_the_destination(laptop_cloud: Cloud, end: str) -> None:
    asked, error = ENDS[end]
    event = {**asked, "end": end}
    send_event(laptop_cloud, event)

    record = wait_for("record", lambda: next(records(laptop_cloud, event), None))

    context, response = record["requestContext"], record["responsePayload"]
    assert context["condition"] == "RetriesExhausted"
    assert context["approximateInvokeCount"] == 2
    assert context["functionArn"].endswith(f":{laptop_cloud.outputs['Die']}:$LATEST")
    assert record["responseContext"]["functionError"] == "Unhandled"
    assert response["errorType"] == error
    assert ("stackTrace" in response) is (end == "raised")
    begun = f"request {context['requestId']}"  # retries have its id
    wait_for("log of the retry", lambda: log(laptop_cloud, "Die").count(begun) >= 2)
    assert log(laptop_cloud, "Die").count(begun) == 2


def test_an_event_that_was_handled_is_recorded_on_the_bus(laptop_cloud: Cloud) -> None:
    send_event(laptop_cloud, {"answer_bytes": 1})

    found = dead_letter(laptop_cloud, lambda one: "Invocation Result - Success" in one["Body"])

    sent = json.loads(found["Body"])
    assert sent["source"] == "lambda"
    assert sent["detail"]["requestContext"]["condition"] == "Success"
    assert sent["detail"]["requestPayload"] == {"answer_bytes": 1}
    assert sent["detail"]["responsePayload"]["text"] == "x"


def send_event(cloud: Cloud, event: dict[str, object]) -> None:
    ops(cloud)("lambda").invoke(
        FunctionName=cloud.outputs["Die"],
        InvocationType="Event",
        Payload=json.dumps(event).encode(),
    )


def log(cloud: Cloud, function: str) -> list[str]:
    group = f"/aws/lambda/{cloud.outputs[function]}"
    try:
        events = ops(cloud)("logs").filter_log_events(logGroupName=group)["events"]
    except ClientError:  # it has not run yet
        return []
    return [line for event in events for line in event["message"].splitlines()]


def records(cloud: Cloud, event: dict[str, object]) -> Iterator[dict[str, Any]]:
    for line in log(cloud, "Record"):
        if line.startswith("record "):
            found = json.loads(line.removeprefix("record "))
            if found["requestPayload"] == event:
                yield found


def test_a_target_without_a_policy_for_the_rule_is_not_called(laptop_cloud: Cloud) -> None:
    entry = {"Source": "probe", "DetailType": "Uninvited", "Detail": json.dumps({"n": 1})}
    ops(laptop_cloud)("events").put_events(Entries=[entry])

    found = dead_letter(laptop_cloud, lambda message: '"Uninvited"' in message["Body"])

    attributes = found["MessageAttributes"]
    assert attributes["ERROR_CODE"]["StringValue"] == "NO_PERMISSIONS"
    assert "UninvitedRule" in attributes["RULE_ARN"]["StringValue"]


def test_only_services_send_events_with_an_aws_source(laptop_cloud: Cloud) -> None:
    entry = {"Source": "aws.sagemaker", "DetailType": "Forged", "Detail": "{}"}

    answer = ops(laptop_cloud)("events").put_events(Entries=[entry])

    assert answer["Entries"][0]["ErrorCode"] == "NotAuthorizedForSourceException"


def test_a_message_that_a_function_fails_on_becomes_a_dead_letter(
    laptop_cloud: Cloud,
) -> None:
    ops(laptop_cloud)("sns").publish(TopicArn=laptop_cloud.outputs["Topic"], Message="message-1")

    found = dead_letter(
        laptop_cloud, lambda one: "message-1" in one["Body"] and "Records" in one["Body"]
    )

    (record,) = json.loads(found["Body"])["Records"]
    assert record["EventSource"] == "aws:sns"
    assert record["Sns"]["Message"] == "message-1"


def test_a_function_without_a_policy_for_the_topic_is_not_called(laptop_cloud: Cloud) -> None:
    ops(laptop_cloud)("sns").publish(TopicArn=laptop_cloud.outputs["Topic"], Message="message-2")

    def wanted(message: dict[str, object]) -> bool:
        return json.loads(str(message["Body"])).get("Message") == "message-2"

    assert json.loads(dead_letter(laptop_cloud, wanted)["Body"])["Type"] == "Notification"


NESTED = """
Parameters: {Days: {Type: String}}
Resources:
  Same: {Type: AWS::SQS::Queue}
  Changed: {Type: AWS::SQS::Queue, Properties: {MessageRetentionPeriod: !Ref Days}}
Outputs:
  Same: {Value: !GetAtt Same.Arn}
"""
AROUND = """
Parameters: {{Days: {{Type: String}}}}
Resources:
  Nested:
    Type: AWS::CloudFormation::Stack
    Properties: {{TemplateURL: "{url}", Parameters: {{Days: !Ref Days}}}}
Outputs:
  Same: {{Value: !GetAtt Nested.Outputs.Same}}
"""


def test_an_unchanged_resource_of_a_nested_stack_keeps_its_attributes(laptop_cloud: Cloud) -> None:
    root = laptop_cloud.root()
    bucket = laptop_cloud.project.artifacts
    root("s3").put_object(Bucket=bucket, Key="nested-update.yaml", Body=NESTED.encode())
    body = AROUND.format(url=f"{laptop_cloud.endpoint}/{bucket}/nested-update.yaml")
    stacks = root("cloudformation")

    def described(days: str, status: str) -> str:
        def ended() -> str | None:
            about = stacks.describe_stacks(StackName="around")["Stacks"][0]
            assert "ROLLBACK" not in about["StackStatus"], days
            return about["Outputs"][0]["OutputValue"] if about["StackStatus"] == status else None

        return wait_for(status, ended)

    given = {"StackName": "around", "TemplateBody": body}
    stacks.create_stack(**given, Parameters=[{"ParameterKey": "Days", "ParameterValue": "86400"}])
    before = described("86400", "CREATE_COMPLETE")
    stacks.update_stack(**given, Parameters=[{"ParameterKey": "Days", "ParameterValue": "172800"}])

    assert described("172800", "UPDATE_COMPLETE") == before
