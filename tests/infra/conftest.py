"""The template and the state machine as data, before anybody deploys them."""

from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]


class _Cloudformation(yaml.SafeLoader):
    """Reads !Ref, !Sub, !GetAtt and their like as a one-entry mapping."""


def _intrinsic(loader: yaml.Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        return {suffix: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {suffix: loader.construct_sequence(node, deep=True)}
    return {suffix: loader.construct_mapping(node, deep=True)}


_Cloudformation.add_multi_constructor("!", _intrinsic)


def read(name: str) -> dict[str, Any]:
    loaded = yaml.load((ROOT / name).read_text(), Loader=_Cloudformation)  # noqa: S506
    assert isinstance(loaded, dict)
    return loaded


@pytest.fixture(scope="session")
def template() -> dict[str, Any]:
    return read("template.yaml")


@pytest.fixture(scope="session")
def storage() -> dict[str, Any]:
    return read("infra/storage.yaml")


@pytest.fixture(scope="session")
def machine() -> dict[str, Any]:
    return read("infra/pipeline.asl.yaml")


@pytest.fixture(scope="session")
def templates(template: dict[str, Any], storage: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        "template.yaml": template,
        "infra/storage.yaml": storage,
        "infra/identity.yaml": read("infra/identity.yaml"),
        "infra/gpu.yaml": read("infra/gpu.yaml"),
    }
