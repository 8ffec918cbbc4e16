"""Rekognition on a free port with the models of Likeness, and boto3 pointed at it."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from infra.laptop import vision
from laptop_cloud.rekognition.gallery import CelebrityGallery
from laptop_cloud.rekognition.operations import Rekognition
from laptop_cloud.rekognition.server import Server

Ask = Callable[..., dict[str, Any]]


def client(port: int) -> Any:
    return boto3.client(
        "rekognition",
        region_name="eu-central-1",
        endpoint_url=f"http://127.0.0.1:{port}",
        aws_access_key_id="anyone",
        aws_secret_access_key="anything",
        config=Config(retries={"total_max_attempts": 1}, proxies={}),
    )


def serving(gallery: Path | None) -> Iterator[Server]:
    with Server(0, Rekognition(vision, CelebrityGallery(vision, gallery))) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    yield from serving(None)


@pytest.fixture(scope="session")
def rekognition(server: Server) -> Any:
    return client(server.server_address[1])


@pytest.fixture
def with_gallery(tmp_path: Path) -> Iterator[tuple[Any, Path]]:
    gallery = tmp_path / "gallery"
    for server in serving(gallery):
        yield client(server.server_address[1]), gallery
