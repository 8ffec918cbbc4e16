"""The templates and the state machine as data, before they are deployed."""

from typing import Any

import pytest

from tests.infra.documents import TOP, read, read_all


@pytest.fixture(scope="session")
def templates() -> dict[str, dict[str, Any]]:
    """Every template by the path of its file."""
    return read_all()


@pytest.fixture(scope="session")
def template(templates: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The top template with the resources of all stacks."""
    resources: dict[str, Any] = {}
    for one in templates.values():
        resources |= one["Resources"]
    return templates[TOP] | {"Resources": resources}


@pytest.fixture(scope="session")
def storage(templates: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return templates["infra/storage.yaml"]


@pytest.fixture(scope="session")
def generation(templates: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return templates["infra/generation.yaml"]


@pytest.fixture(scope="session")
def machine() -> dict[str, Any]:
    return read("infra/pipeline.asl.yaml")
