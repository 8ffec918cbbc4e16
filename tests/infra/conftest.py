"""The template and the state machine as data, before anybody deploys them."""

from typing import Any

import pytest

from tests.infra.documents import read


@pytest.fixture(scope="session")
def template() -> dict[str, Any]:
    return read("template.yaml")


@pytest.fixture(scope="session")
def storage() -> dict[str, Any]:
    return read("infra/storage.yaml")


@pytest.fixture(scope="session")
def gpu() -> dict[str, Any]:
    return read("infra/gpu.yaml")


@pytest.fixture(scope="session")
def machine() -> dict[str, Any]:
    return read("infra/pipeline.asl.yaml")


@pytest.fixture(scope="session")
def templates(
    template: dict[str, Any], storage: dict[str, Any], gpu: dict[str, Any]
) -> dict[str, dict[str, Any]]:
    return {
        "template.yaml": template,
        "infra/storage.yaml": storage,
        "infra/identity.yaml": read("infra/identity.yaml"),
        "infra/gpu.yaml": gpu,
        "infra/events.yaml": read("infra/events.yaml"),
        "infra/console.yaml": read("infra/console.yaml"),
        "infra/provenance.yaml": read("infra/provenance.yaml"),
        "infra/receipts.yaml": read("infra/receipts.yaml"),
        "infra/alarms.yaml": read("infra/alarms.yaml"),
    }
