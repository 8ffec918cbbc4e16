"""Gap: SageMaker training jobs, run as processes under the role that the caller passes."""

from __future__ import annotations

import asyncio
import atexit
import json
from functools import cache
from typing import Any

from botocore.exceptions import ClientError
from ministack import app
from ministack.core.iam_evaluator import enforce
from ministack.core.router import SERVICE_PATTERNS, extract_access_key_id, extract_region
from ministack.services import eventbridge

from infra.local.extension import inprocess, roles, wire
from infra.local.extension.settings import settings
from infra.local.extension.wire import BadRequest
from infra.local.sagemaker import Cloud, CloudWatchLogs, Program, SageMaker

PRINCIPAL = "sagemaker.amazonaws.com"


def install() -> None:
    app.SERVICE_HANDLERS["sagemaker"] = handle
    SERVICE_PATTERNS["sagemaker"] = {"target_prefixes": ["SageMaker."]}
    sagemaker()


@cache
def sagemaker() -> SageMaker:
    told = settings()
    found = SageMaker(
        Cloud(
            account=told.account,
            region=told.region,
            s3_for_role=s3_for_role,
            emit=emit,
            logs=CloudWatchLogs(inprocess.client("logs")),
        ),
        directory=told.training,
        programs={
            told.training_image: Program(
                command=told.training_program,
                environment={
                    "PYTHONPATH": f"{told.root / 'model'}:{told.root / 'layers' / 'likeness'}",
                    "PYTHONDONTWRITEBYTECODE": "1",
                },
            )
        },
    )
    atexit.register(found.close)
    return found


async def handle(
    _method: str, _path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
) -> wire.Response:
    try:
        payload = wire.payload(body)
        operation = wire.operation(headers)
        if operation == "CreateTrainingJob":
            access_key = extract_access_key_id(headers, query)
            check_pass_role(payload.get("RoleArn", ""), access_key, extract_region(headers, query))
    except BadRequest as refused:
        return refused.response()
    return wire.answer(*await asyncio.to_thread(sagemaker().handle, operation, payload))


def check_pass_role(role: str, access_key: str, region: str) -> None:
    """May the caller hand this role to SageMaker? Raises BadRequest."""
    context = {"iam:passedtoservice": PRINCIPAL}
    refusal = enforce(
        access_key, "iam:PassRole", "iam", region, resource_arn=role, service_context=context
    )
    if refusal:
        who = getattr(refusal, "principal_arn", access_key)
        raise BadRequest(
            "AccessDeniedException",
            f"User: {who} is not authorized to perform: iam:PassRole on resource: {role} because "
            "no identity-based policy allows the iam:PassRole action",
        )


def s3_for_role(role: str) -> Any:
    """An S3 client that can do what the job's role can, and nothing else."""
    try:
        return roles.client("s3", role, "SageMaker", PRINCIPAL)
    except roles.RoleRefused as refused:
        answer = {"Error": {"Code": "AccessDenied", "Message": str(refused)}}
        raise ClientError(answer, "AssumeRole") from refused  # type: ignore[arg-type]


def emit(detail: dict[str, Any]) -> None:
    entry = {
        "Source": "aws.sagemaker",
        "DetailType": "SageMaker Training Job State Change",
        "Detail": json.dumps(detail),
        "Resources": [detail["TrainingJobArn"]],
    }
    eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)
