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
# The CLI's own: `aws s3`, and an option that it renames (awscli/customizations/arguments, `sns`).
CUSTOM = {"s3": {"rm": {"--recursive"}, "rb": {"--force"}}}
RENAMED = {("sns", "subscribe"): {"--notification-endpoint"}}


def commands(text: str) -> list[str]:
    """The commands in a text, with continued lines joined."""
    joined = re.sub(r"\\\n\s*", "", text)
    found = re.findall(r"\baws [a-z0-9-]+ [a-z-]+[^`;\n]*", joined)
    return [one.strip() for one in found]


def problems(command: str) -> list[str]:
    """What is wrong with a command; its values are not checked."""
    _, service, operation, *rest = shlex.split(command.replace("<", "'<").replace(">", ">'"))
    options = {one for one in rest if one.startswith("--")} - GLOBAL
    if service in CUSTOM:
        known = CUSTOM[service].get(operation)
        return [command] if known is None or not options <= known else []
    try:
        shape = _operations(service)[operation]
    except (UnknownServiceError, KeyError):
        return [f"{command}: no such operation"]
    members = {"--" + xform_name(name, "-") for name in shape.members}
    wrong = options - members - RENAMED.get((service, operation), set())
    needed = {"--" + xform_name(name, "-") for name in shape.required_members}
    wrong |= {f"{one} is missing" for one in needed - options}
    return [f"{command}: {one}" for one in sorted(wrong)]


@cache
def _operations(service: str) -> dict[str, Any]:
    model = botocore.session.get_session().get_service_model(service)
    return {
        xform_name(name, "-"): model.operation_model(name).input_shape
        for name in model.operation_names
    }
