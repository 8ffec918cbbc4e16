"""A laptop cloud for the tests, with the probe deployed."""

from __future__ import annotations

import threading
from dataclasses import replace
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from laptop_cloud import cloud, places, processes
from laptop_cloud.places import Folders
from support.models import Models
from support.project import PACKAGE, probe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from laptop_cloud.cloud import Cloud
    from laptop_cloud.project import Project


WAIT_SCALE = 0.02  # of waits in state machines and in gradual deployments


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that starts a cloud is long."""
    for item in items:
        if item.nodeid.startswith("laptop-cloud/") and item.get_closest_marker("stack"):
            item.add_marker(pytest.mark.long)


@pytest.fixture(scope="session")
def models() -> Iterator[str]:
    server = ThreadingHTTPServer((places.HOST, 0), Models)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://{places.HOST}:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The probe with folders of this test."""
    return probe(Folders(state=tmp_path / "state", build=tmp_path / "build"))


@pytest.fixture(scope="session")
def laptop_cloud(tmp_path_factory: pytest.TempPathFactory, models: str) -> Iterator[Cloud]:
    """A cloud on a free port, ended after the tests."""
    state = tmp_path_factory.mktemp("cloud") / "state"
    described = replace(probe(), folders=Folders(state=state, build=PACKAGE / ".aws-sam" / "probe"))
    try:
        yield cloud.up(
            described, port=processes.free_port(), rekognition=models, wait_scale=WAIT_SCALE
        )
    finally:
        cloud.down(described)
