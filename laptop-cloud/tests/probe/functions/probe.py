"""Functions that show how the laptop cloud runs a function."""

import importlib.util
import json
import os
import sys
import tempfile
import time

import boto3
import from_the_layer
from botocore.config import Config


class Unavailable(Exception):
    """An error of the application's own."""


def tell(event, _context):
    """The environment of a function."""
    names = ("boto3", "pydantic", "yaml", "ministack", "samtranslator")
    return {
        "layer": from_the_layer.WORD,
        "importable": [name for name in names if importlib.util.find_spec(name)],
        "environment": sorted(os.environ),
        "python": list(sys.version_info[:2]),
        "parent": os.getppid(),
        "route": event.get("routeKey"),
        "caller": boto3.client("sts").get_caller_identity()["Arn"],
    }


def fail(event, _context):
    print(f"about to fail: {json.dumps(event)}")
    raise Unavailable(event.get("why", "no reason"))


def put(event, _context):
    boto3.client("s3").put_object(Bucket=event["bucket"], Key=event["key"], Body=b"photo")
    return {"put": event["key"]}


def sign(event, _context):
    """A presigned POST with the function's permissions."""
    config = Config(signature_version="s3v4")
    return boto3.client("s3", config=config).generate_presigned_post(
        event["bucket"], event["key"], Conditions=[["content-length-range", 1, 10]]
    )


def look(event, _context):
    found = {"S3Object": {"Bucket": event["bucket"], "Name": event["key"]}}
    return boto3.client("rekognition").detect_faces(Image=found)["FaceDetails"]


def large(_event, _context):
    return {"text": "x" * 300_000}


def strain(event, context):
    """Does what it is asked to, up to a limit of Lambda or beyond it."""
    asked = json.loads(event["body"]) if "routeKey" in event else event
    print(f"request {context.aws_request_id}")
    time.sleep(asked.get("sleep_s", 0))
    held = bytearray(asked.get("memory_mb", 0) * 1024 * 1024)
    held[::4096] = b"x" * len(held[::4096])  # a page counts when it is written
    with tempfile.TemporaryFile() as file:
        file.truncate(asked.get("disk_mb", 0) * 1024 * 1024)  # as large, and quick
    if asked.get("fail"):
        raise Unavailable("secret")
    return {
        "process": os.getpid(),
        "parent": os.getppid(),
        "text": "x" * asked.get("answer_bytes", 0),
    }


def record(event, _context):
    """A destination: writes what it gets to the log."""
    print(f"record {json.dumps(event)}")


def accept(_event, _context):
    """Takes a task token and never uses it."""
    return {}


def changes(event, _context):
    """Handles changes in order, up to one that is not ready; "poison" raises an error."""
    for record in event["Records"]:
        change = record["dynamodb"]
        name = change["Keys"]["pk"]["S"]
        if "poison" in name:
            raise Unavailable(name)
        if "late" in name and time.time() - change["ApproximateCreationDateTime"] < 3:
            return {"batchItemFailures": [{"itemIdentifier": change["SequenceNumber"]}]}
        print(f"handled {name}")
    return {"batchItemFailures": []}
