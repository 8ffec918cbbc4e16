"""A SageMaker that runs small programs, with moto's S3."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from support.lab import Lab


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a-secret-of-the-host")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    with mock_aws():
        s3 = boto3.client("s3", region_name="eu-central-1")
        location: Any = {"LocationConstraint": "eu-central-1"}
        s3.create_bucket(Bucket=Lab.bucket, CreateBucketConfiguration=location)
        lab = Lab(tmp_path, s3)
        yield lab
        lab.sagemaker.close()
        assert not lab.jobs_directory.exists()
