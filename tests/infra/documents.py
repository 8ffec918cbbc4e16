"""Reads the templates and the state machines as data."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
TOP = "template.yaml"
STACK = "AWS::CloudFormation::Stack"
FUNCTION = "AWS::Serverless::Function"


class _Cloudformation(yaml.SafeLoader):
    """Reads !Ref, !Sub, !GetAtt and similar tags as a mapping with one entry."""


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


def read_all(name: str = TOP) -> dict[str, dict[str, Any]]:
    """A template and those nested in it, by the path of their files."""
    template = read(name)
    found = {name: template}
    for resource in template["Resources"].values():
        if resource["Type"] == STACK:
            found |= read_all(resource["Properties"]["TemplateURL"])
    return found


def of_type(
    templates: dict[str, dict[str, Any]], kind: str = FUNCTION
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Logical id and properties of each resource of a type, in all templates."""
    for template in templates.values():
        for name, resource in template["Resources"].items():
            if resource["Type"] == kind:
                yield name, resource.get("Properties", {})
