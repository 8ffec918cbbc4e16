"""A laptop cloud of the tests' own, with a template that has one of everything."""

from __future__ import annotations

import sys
import threading
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from laptop_cloud import cloud, places, processes
from laptop_cloud.places import Places
from laptop_cloud.project import Project
from support.models import Models

if TYPE_CHECKING:
    from collections.abc import Iterator

    from laptop_cloud.cloud import Cloud

PROBE = Path(__file__).parent / "probe"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever starts a cloud here is long: make test starts one, for the product itself."""
    for item in items:
        if Path(__file__).parent in item.path.parents and item.get_closest_marker("stack"):
            item.add_marker(pytest.mark.long)


@pytest.fixture(scope="session")
def models() -> Iterator[str]:
    server = ThreadingHTTPServer((places.HOST, 0), Models)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://{places.HOST}:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def probe_project() -> Project:
    return Project(
        template=PROBE / "template.yaml",
        sources=(PROBE,),
        stack="probe",
        parameters={
            "Architecture": places.architecture(),
            "Image": places.TRAINING_IMAGE,
        },
    )


@pytest.fixture(scope="session")
def laptop_cloud(
    tmp_path_factory: pytest.TempPathFactory, models: str, probe_project: Project
) -> Iterator[Cloud]:
    """A cloud on a free port with folders of its own, ended after the tests."""
    folder = tmp_path_factory.mktemp("cloud")
    where = Places(state=folder / "state", build=places.ROOT / ".aws-sam" / "probe")
    container = (sys.executable, str(PROBE / "container.py"))
    try:
        yield cloud.up(
            probe_project,
            port=processes.free_port(),
            where=where,
            models=models,
            training=container,
        )
    finally:
        cloud.down(where=where)
