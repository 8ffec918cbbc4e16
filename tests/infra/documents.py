"""Reads the templates and the state machines as data."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infra.rehearse import definitions

ROOT = Path(__file__).parents[2]
TOP = "template.yaml"
STACK = "AWS::CloudFormation::Stack"
FUNCTION = "AWS::Serverless::Function"


def read(name: str) -> dict[str, Any]:
    return definitions.read(ROOT / name)


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
