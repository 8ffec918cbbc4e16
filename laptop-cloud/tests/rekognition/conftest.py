"""Rekognition on a free port with the models of the tests, and boto3 pointed at it."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from laptop_cloud.rekognition.gallery import CelebrityGallery
from laptop_cloud.rekognition.operations import Rekognition
from laptop_cloud.rekognition.server import Server
from support import vision
from support.rekognition import client


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
