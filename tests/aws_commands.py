"""Commands of the AWS CLI, checked against botocore's models: service, operation and options."""

from __future__ import annotations

import re
import shlex
from functools import cache
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.exceptions import UnknownServiceError

GLOBAL = {"--region", "--profile"}
# Commands of the CLI alone, and an option that it renames (awscli/customizations).
CUSTOM = {("s3", "rm"): {"--recursive"}, ("s3", "rb"): {"--force"}}
CUSTOM |= {("ecr", "get-login-password"): set()}
RENAMED = {("sns", "subscribe"): {"--notification-endpoint"}}


def commands(text: str) -> list[str]:
    """The commands in a text, with continued lines joined."""
    joined = re.sub(r"\\\n\s*", "", text)
    found = re.findall(r"\baws [a-z0-9-]+ [a-z-]+[^`;|\n]*", joined)
    return [one.strip() for one in found]


def problems(command: str) -> list[str]:
    """What is wrong with a command; its values are not checked."""
    text = command.replace("<", "'<").replace(">", ">'")
    _, service, operation, *rest = shlex.split(text, comments=True)
    options = {one for one in rest if one.startswith("--")} - GLOBAL
    known = CUSTOM.get((service, operation))
    needed: set[str] = set()
    if known is None:
        try:
            shape = _operations(service)[operation]
        except (UnknownServiceError, KeyError):
            return [f"{command}: no such operation"]
        known = {_option(name) for name in shape.members}
        booleans = [name for name, one in shape.members.items() if one.type_name == "boolean"]
        known |= {_option(f"No{name[0].upper()}{name[1:]}") for name in booleans}
        known |= RENAMED.get((service, operation), set())
        needed = {_option(name) for name in shape.required_members}
    wrong = [*sorted(options - known), *(f"{one} is missing" for one in sorted(needed - options))]
    return [f"{command}: {one}" for one in wrong]


def _option(member: str) -> str:
    return "--" + xform_name(member, "-")


@cache
def _operations(service: str) -> dict[str, Any]:
    model = botocore.session.get_session().get_service_model(service)
    return {
        xform_name(name, "-"): model.operation_model(name).input_shape
        for name in model.operation_names
    }
