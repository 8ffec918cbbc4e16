"""Gap: policies are enforced for services that MiniStack does not know or knows partly."""

from __future__ import annotations

import json
from typing import Any

from ministack.core import iam_actions

_extract_resource_arn = iam_actions.extract_resource_arn


# A request's resource is the first of these that it names.
NAMED = {
    "TrainingJobName": "training-job",
    "EndpointName": "endpoint",
    "EndpointConfigName": "endpoint-config",
    "ModelName": "model",
}


def install() -> None:
    iam_actions.SERVICE_TO_IAM_NAMESPACE.update(sagemaker="sagemaker", rekognition="rekognition")
    iam_actions._BOTOCORE_SERVICE_MAP["sagemaker"] = ["sagemaker-runtime"]
    iam_actions.extract_resource_arn = resource_arn


def sagemaker_resource(path: str, body: bytes, prefix: str) -> str:
    if path.startswith("/endpoints/"):
        return f"{prefix}:endpoint/{path.split('/')[2]}"
    try:
        payload = json.loads(body or b"{}")
        found = next(
            (f"{prefix}:{kind}/{payload[name]}" for name, kind in NAMED.items() if name in payload),
            "*",
        )
    except (ValueError, AttributeError, TypeError):
        return "*"
    return found


def resource_arn(  # noqa: PLR0917  MiniStack's signature
    service: str,
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes,
    query: dict[str, Any],
    region: str,
    account: str,
) -> str:
    """The resource that a policy must name. Rekognition's image operations have only "*"."""
    if service == "rekognition":
        return "*"
    if service == "sagemaker":
        return sagemaker_resource(path, body, f"arn:aws:sagemaker:{region}:{account}")
    if service == "scheduler" and "/schedules/" in path:
        group, name = schedule_group(method, body, query), path.rsplit("/", 1)[-1]
        return f"arn:aws:scheduler:{region}:{account}:schedule/{group}/{name}"
    found: str = _extract_resource_arn(service, method, path, headers, body, query, region, account)
    if service == "lambda" and query.get("Qualifier"):
        return f"{found}:{first(query['Qualifier'])}"  # policies see the qualified ARN
    if service == "states" and ":stateMachine:" in found:
        # "Authorization for versions and aliases in Step Functions workflows": they see the machine
        return ":".join(found.split(":")[:7])
    return found


def first(value: Any) -> str:
    return str(value[0] if isinstance(value, list) else value)


def schedule_group(method: str, body: bytes, query: dict[str, Any]) -> str:
    """The group of a schedule: in the body of a write, in the query of a read."""
    if method in {"GET", "DELETE"}:
        return first(query.get("groupName", "default"))
    try:
        return str(json.loads(body or b"{}").get("GroupName", "default"))
    except (ValueError, AttributeError):
        return "default"
