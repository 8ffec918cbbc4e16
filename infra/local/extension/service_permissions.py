"""Gap: calls to services that MiniStack knows badly are checked against policies too."""

from __future__ import annotations

import json
from typing import Any

from ministack.core import iam_actions

_extract_resource_arn = iam_actions.extract_resource_arn


def install() -> None:
    iam_actions.SERVICE_TO_IAM_NAMESPACE.update(sagemaker="sagemaker", rekognition="rekognition")
    iam_actions.extract_resource_arn = resource_arn


def resource_arn(  # noqa: PLR0917  MiniStack calls it so
    service: str,
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes,
    query: dict[str, Any],
    region: str,
    account: str,
) -> str:
    """What a policy must name. Rekognition's image operations have no resource: "*" alone."""
    if service == "rekognition":
        return "*"
    if service == "sagemaker":
        try:
            name = json.loads(body or b"{}").get("TrainingJobName")
        except (ValueError, AttributeError):
            name = None
        return f"arn:aws:sagemaker:{region}:{account}:training-job/{name}" if name else "*"
    if service == "scheduler" and method == "POST":
        try:
            group = json.loads(body or b"{}").get("GroupName", "default")
        except (ValueError, AttributeError):
            group = "default"
        name = path.rsplit("/", 1)[-1]
        return f"arn:aws:scheduler:{region}:{account}:schedule/{group}/{name}"
    found: str = _extract_resource_arn(service, method, path, headers, body, query, region, account)
    return found
