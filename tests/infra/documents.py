"""Reads the templates and the state machine as data."""

from pathlib import Path
from typing import Any

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
