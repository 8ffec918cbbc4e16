"""A boto3 client of a Rekognition on this machine."""

from typing import Any

import boto3
from botocore.config import Config


def client(port: int) -> Any:
    return boto3.client(
        "rekognition",
        region_name="eu-central-1",
        endpoint_url=f"http://127.0.0.1:{port}",
        aws_access_key_id="anyone",
        aws_secret_access_key="anything",
        config=Config(retries={"total_max_attempts": 1}, proxies={}),
    )
