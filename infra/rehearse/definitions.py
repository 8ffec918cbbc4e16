"""The templates as a rehearsal reads them: parameters, and state machines as they are deployed."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from infra.rehearse.results import Failed

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parents[2]
MACHINE = "AWS::Serverless::StateMachine"


_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C, if available


class _Template(_Loader):  # type: ignore[misc]
    """Reads !Ref, !GetAtt and similar tags as a mapping with one entry."""


def _intrinsic(loader: yaml.SafeLoader, name: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    return {name: loader.construct_mapping(node, deep=True)}  # type: ignore[arg-type]


_Template.add_multi_constructor("!", _intrinsic)


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.load(path.read_text(), Loader=_Template)  # noqa: S506
    return found


def parameters(deployed: Mapping[str, str], given: str) -> dict[str, str]:
    """The template's parameters: defaults, then those of the deployed stack, then the given ones.

    `given` is as in `make deploy PARAMETERS="Name=value ..."`. Raises Failed for an unknown name.
    """
    declared = read(ROOT / "template.yaml")["Parameters"]
    found = {name: str(one["Default"]) for name, one in declared.items() if "Default" in one}
    found |= {name: value for name, value in deployed.items() if name in declared}
    for pair in shlex.split(given):
        name, equals, value = pair.partition("=")
        if not equals or name not in declared:
            raise Failed(f"The template has no parameter {name}", "template.yaml lists them all")
        found[name] = value
    return found


def definitions(account: str, region: str, chosen: Mapping[str, str]) -> dict[str, Any]:
    """Each state machine's definition by its file, with its substitutions.

    ARNs are made up: the definition is checked before the stack exists. CloudFormation substitutes
    in the text before it parses it, so a number stays a number.
    """
    found = {}
    for template in sorted((ROOT / "infra").glob("*.yaml")):
        if template.name.endswith(".asl.yaml"):
            continue
        content = read(template)
        for resource in content.get("Resources", {}).values():
            if resource["Type"] == MACHINE:
                properties = resource["Properties"]
                text = (template.parent / properties["DefinitionUri"]).read_text()
                given = properties["DefinitionSubstitutions"]
                values = {
                    name: _stand_in(name, value, account, region, chosen)
                    for name, value in given.items()
                }
                for name, value in values.items():
                    text = text.replace(f"${{{name}}}", value)
                found[properties["DefinitionUri"]] = yaml.safe_load(text)
    return found


def _stand_in(name: str, value: Any, account: str, region: str, chosen: Mapping[str, str]) -> str:
    if isinstance(value, dict) and "If" in value:  # either branch is a function's name
        return _stand_in(name, value["If"][1], account, region, chosen)
    source = str(next(iter(value.values()))) if isinstance(value, dict) else str(value)
    if source == "AWS::Partition":
        return "aws"
    if source in chosen:
        return chosen[source]
    if source.endswith(("Arn", ".Alias")):
        return f"arn:aws:lambda:{region}:{account}:function:{name}"
    return source
