"""Gap: SageMaker. Its jobs and endpoints are processes under the role that the caller passes."""

from __future__ import annotations

import asyncio
import atexit
import json
import re
from functools import cache
from typing import Any

from botocore.exceptions import ClientError
from ministack import app
from ministack.core.iam_evaluator import enforce
from ministack.core.router import SERVICE_PATTERNS, extract_access_key_id, extract_region
from ministack.services import eventbridge

from laptop_cloud.extension import inprocess, roles, service_permissions, wire
from laptop_cloud.extension.quotas import TRAINING_INSTANCES
from laptop_cloud.extension.settings import settings
from laptop_cloud.extension.wire import BadRequest
from laptop_cloud.sagemaker import ENDPOINTS, Capacity, CloudWatchLogs, SageMaker, Services
from laptop_cloud.sagemaker.errors import invalid

PRINCIPAL = "sagemaker.amazonaws.com"
PASSES_ROLE = {"CreateTrainingJob": "RoleArn", "CreateModel": "ExecutionRoleArn"}
INVOCATION = re.compile(r"^/endpoints/([^/]+)/async-invocations$")
IMAGE = re.compile(r"^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com[a-z.]*/([^:@]+)")
LOG_ACTIONS = ("CreateLogGroup", "CreateLogStream", "PutLogEvents", "DescribeLogStreams")
PULL_ACTIONS = ("BatchCheckLayerAvailability", "GetDownloadUrlForLayer", "BatchGetImage")
LOCATIONS = ("OutputLocation", "FailureLocation")
MEMBERS = {
    "ContentType": "content-type",
    "Accept": "accept",
    "InferenceId": "inference-id",
    "InputLocation": "inputlocation",
    "S3OutputPathExtension": "s3outputpathextension",
    "Filename": "filename",
    "RequestTTLSeconds": "requestttlseconds",
    "InvocationTimeoutSeconds": "invocationtimeoutseconds",
}


def install() -> None:
    app.SERVICE_HANDLERS["sagemaker"] = handle
    SERVICE_PATTERNS["sagemaker"] = {"target_prefixes": ["SageMaker."]}
    sagemaker()


@cache
def sagemaker() -> SageMaker:
    found = SageMaker(
        Services(
            account=settings().account,
            region=settings().region,
            s3_for_role=s3_for_role,
            emit=emit,
            logs=CloudWatchLogs(inprocess.client("logs")),
            endpoint_logs=CloudWatchLogs(inprocess.client("logs"), ENDPOINTS),
            publish=publish,
            check_role=check_role,
        ),
        capacity=capacity,
        directory=settings().training,
        programs=settings().programs,
    )
    atexit.register(found.close)
    return found


def capacity() -> Capacity:
    if settings().quotas:
        return Capacity.read(settings().capacity, limit=TRAINING_INSTANCES)
    return Capacity.read(settings().capacity)


async def handle(
    _method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
) -> wire.Response:
    try:
        if invoked := INVOCATION.match(path):
            return await asyncio.to_thread(invoke, invoked[1], headers)
        payload = wire.payload(body)
        operation = wire.operation(headers)
        if role := payload.get(PASSES_ROLE.get(operation, "")):
            access_key = extract_access_key_id(headers, query)
            check_pass_role(role, access_key, extract_region(headers, query))
        if operation.startswith("Create") and payload.get("Tags"):
            access_key, region = (
                extract_access_key_id(headers, query),
                extract_region(headers, query),
            )
            check_add_tags(path, body, access_key, region)
    except BadRequest as refused:
        return refused.response()
    return wire.answer(*await asyncio.to_thread(sagemaker().handle, operation, payload))


def invoke(endpoint: str, headers: dict[str, str]) -> wire.Response:
    """InvokeEndpointAsync is a REST call: request and response are in headers."""
    status, answer = sagemaker().invoke_async({"EndpointName": endpoint, **members(headers)})
    if status != 202:
        return status, {"X-Amzn-ErrorType": answer["__type"]}, json.dumps(answer).encode()
    located = {f"X-Amzn-SageMaker-{name}": answer[name] for name in LOCATIONS if name in answer}
    content = json.dumps({"InferenceId": answer["InferenceId"]}).encode()
    return status, {"Content-Type": "application/json", **located}, content


def members(headers: dict[str, str]) -> dict[str, str]:
    """The members of a request that are in its headers."""
    return {
        name: headers[f"x-amzn-sagemaker-{header}"]
        for name, header in MEMBERS.items()
        if f"x-amzn-sagemaker-{header}" in headers
    }


def check_pass_role(role: str, access_key: str, region: str) -> None:
    """Raises BadRequest if the caller may not pass this role to SageMaker."""
    context = {"iam:passedtoservice": PRINCIPAL}
    refusal = enforce(
        access_key, "iam:PassRole", "iam", region, resource_arn=role, service_context=context
    )
    if refusal:
        caller = getattr(refusal, "principal_arn", access_key)
        raise BadRequest(
            "AccessDeniedException",
            f"User: {caller} is not authorized to perform: iam:PassRole on resource: {role} "
            "because no identity-based policy allows the iam:PassRole action",
        )


def check_add_tags(path: str, body: bytes, access_key: str, region: str) -> None:
    """Raises BadRequest if the caller may not tag what it creates.

    SageMaker AI Developer Guide, "Provide permissions for tagging SageMaker AI resources".
    """
    resource = service_permissions.sagemaker_resource(
        path, body, f"arn:aws:sagemaker:{region}:{settings().account}"
    )
    refusal = enforce(access_key, "sagemaker:AddTags", "sagemaker", region, resource_arn=resource)
    if refusal:
        caller = getattr(refusal, "principal_arn", access_key)
        raise BadRequest(
            "AccessDeniedException",
            f"User: {caller} is not authorized to perform: sagemaker:AddTags on resource: "
            f"{resource} because no identity-based policy allows the sagemaker:AddTags action",
        )


def check_role(role: str, group: str, image: str) -> None:
    """Raises Refused if the role lacks a permission that SageMaker's documentation lists for it.

    "How to use SageMaker AI execution roles", CreateTrainingJob and CreateModel. AWS accepts the
    call and loses the metrics or logs, or fails later. S3 is not checked here, because every call
    to it has the role's credentials.
    """
    where = f"{settings().region}:{settings().account}"
    logs = f"arn:aws:logs:{where}:log-group:/aws/sagemaker/{group}:log-stream:all"
    namespace = {"cloudwatch:namespace": f"/aws/sagemaker/{group}"}
    wanted: list[tuple[str, str, dict[str, str]]] = [
        ("cloudwatch:PutMetricData", "*", namespace),
        *((f"logs:{action}", logs, {}) for action in LOG_ACTIONS),
    ]
    if pulled := IMAGE.match(image):
        repository = f"arn:aws:ecr:{pulled[2]}:{pulled[1]}:repository/{pulled[3]}"
        wanted.append(("ecr:GetAuthorizationToken", "*", {}))
        wanted += [(f"ecr:{action}", repository, {}) for action in PULL_ACTIONS]
    for action, resource, context in wanted:
        if not roles.allows(role, action, resource, context):
            raise invalid(
                f"The role {role} lacks {action} on {resource}. SageMaker's documentation lists it "
                "for this role. AWS would accept the request and lose metrics, logs or the job."
            )


def s3_for_role(role: str) -> Any:
    """An S3 client with the permissions of the job's role."""
    try:
        return roles.client("s3", role, "SageMaker", PRINCIPAL)
    except roles.RoleRefused as refused:
        answer = {"Error": {"Code": "AccessDenied", "Message": str(refused)}}
        raise ClientError(answer, "AssumeRole") from refused  # type: ignore[arg-type]


def publish(role: str, topic: str, message: str) -> None:
    """Publish to a topic as the endpoint's role."""
    client = roles.client("sns", role, "SageMaker", PRINCIPAL)
    client.publish(TopicArn=topic, Message=message)


def emit(detail: dict[str, Any]) -> None:
    entry = {
        "Source": "aws.sagemaker",
        "DetailType": "SageMaker Training Job State Change",
        "Detail": json.dumps(detail),
        "Resources": [detail["TrainingJobArn"]],
    }
    eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)
