"""Gap: Rekognition, with the project's models in a process of their own."""

from __future__ import annotations

import asyncio
import base64
import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError
from ministack import app
from ministack.core.iam_evaluator import enforce
from ministack.core.router import (
    SERVICE_PATTERNS,
    extract_access_key_id,
    extract_region,
)
from ministack.services import cloudwatch

from laptop_cloud.extension import encryption_permissions, inprocess, wire
from laptop_cloud.extension.settings import settings
from laptop_cloud.extension.wire import BadRequest

IMAGES = ("Image", "SourceImage", "TargetImage")
LARGEST_OBJECT = 15 * 1024 * 1024
NO_OBJECT = (
    "Unable to get object metadata from S3. Check object key, region and/or access permissions."
)
SECONDS = 60


def install() -> None:
    app.SERVICE_HANDLERS["rekognition"] = handle
    SERVICE_PATTERNS["rekognition"] = {"target_prefixes": ["RekognitionService"]}


async def handle(
    _method: str, _path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
) -> wire.Response:
    try:
        payload = wire.payload(body)
        access_key = extract_access_key_id(headers, query)
        for name in IMAGES:
            if found := (payload.get(name) or {}).get("S3Object"):
                check_access(found, access_key, extract_region(headers, query))
    except BadRequest as refused:
        return refused.response()
    return await asyncio.to_thread(answer, headers.get("x-amz-target", ""), payload)


def check_access(found: dict[str, Any], access_key: str, region: str) -> None:
    """Raises BadRequest if the caller may not read the object: Rekognition reads as the caller."""
    bucket, name = found.get("Bucket", ""), found.get("Name", "")
    arn = f"arn:aws:s3:::{bucket}/{name}"
    refused = enforce(access_key, "s3:GetObject", "s3", region, resource_arn=arn)
    if not refused and (key := encryption_permissions.key_of(bucket)):
        refused = encryption_permissions.check(access_key, encryption_permissions.READ, key, region)
    if refused:
        raise BadRequest("InvalidS3ObjectException", NO_OBJECT)


def answer(target: str, payload: dict[str, Any]) -> wire.Response:
    """Add the bytes of each named S3 object and forward the call to the models."""
    try:
        for name in IMAGES:
            if found := (payload.get(name) or {}).get("S3Object"):
                payload[name]["Bytes"] = base64.b64encode(read(found)).decode()
        response = forward(target, json.dumps(payload).encode())
    except BadRequest as refused:
        return refused.response()
    if response[0] == 200:
        count(target.rpartition(".")[2])
    return response


def count(operation: str) -> None:
    """Publish the metric of a successful call, as Rekognition does (its Developer Guide,
    "CloudWatch metrics for Rekognition")."""
    dimensions = {"Operation": operation}
    cloudwatch.record_metric("AWS/Rekognition", "SuccessfulRequestCount", 1, "Count", dimensions)


def read(found: dict[str, Any]) -> bytes:
    version = {"VersionId": found["Version"]} if found.get("Version") else {}
    try:
        got = inprocess.client("s3").get_object(
            Bucket=found["Bucket"], Key=found["Name"], **version
        )
    except ClientError as error:
        raise BadRequest("InvalidS3ObjectException", NO_OBJECT) from error
    if got["ContentLength"] > LARGEST_OBJECT:
        raise BadRequest(
            "ImageTooLargeException", f"The object is larger than {LARGEST_OBJECT} bytes."
        )
    content: bytes = got["Body"].read()
    return content


def forward(target: str, body: bytes) -> wire.Response:
    if not settings().rekognition:
        raise BadRequest("UnknownOperationException", "The project brings no vision models.")
    address = urlsplit(settings().rekognition)
    connection = http.client.HTTPConnection(
        address.hostname or "127.0.0.1", address.port, timeout=SECONDS
    )
    headers = {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1"}
    try:
        connection.request("POST", "/", body, headers)
        response = connection.getresponse()
        kind = response.getheader("Content-Type", "application/x-amz-json-1.1")
        return response.status, {"Content-Type": kind}, response.read()
    except OSError:
        fault = {"__type": "InternalServerError", "message": "The models do not answer."}
        return wire.answer(500, fault)
    finally:
        connection.close()
