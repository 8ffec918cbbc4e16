"""A client of AWS whose responses are set by a test, below botocore's retries."""

import json
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.config import Config


class Body:
    def __init__(self, content: bytes) -> None:
        self.stream = lambda **_: iter([content])


def kms(*codes: str, status: int = 400) -> Any:
    """Its calls get these error codes, then a list of no keys."""
    client = boto3.client(
        "kms",
        region_name="eu-central-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 - of no account
        config=Config(retries={"mode": "adaptive", "total_max_attempts": 3}),
    )
    left = list(codes)

    def send(request: Any, **_: Any) -> AWSResponse:
        code = left.pop(0) if left else None
        content = json.dumps({"__type": code, "message": "no"} if code else {"Keys": []})
        headers = {"x-amzn-RequestId": "request-1"}
        return AWSResponse(request.url, status if code else 200, headers, Body(content.encode()))

    client.meta.events.register("before-send.kms", send)
    return client
