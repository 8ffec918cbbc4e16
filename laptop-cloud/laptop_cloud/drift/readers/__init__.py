"""Readers: each reads a resource type from its service, in CloudFormation's form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from laptop_cloud.drift.readers import cdn, compute, events, identity, storage
from laptop_cloud.drift.readers.http_api import wanted_api

if TYPE_CHECKING:
    from laptop_cloud.drift.readers.reader import Reader, Wanted

READERS: dict[str, Reader] = {
    **storage.READERS,
    **identity.READERS,
    **compute.READERS,
    **events.READERS,
    **cdn.READERS,
}

# Conversions of a template's properties to the form of the service.
WANTED: dict[str, Wanted] = {
    "AWS::ApiGatewayV2::Api": wanted_api,
    "AWS::Events::Connection": events.wanted_connection,
}

# Properties without effect on a laptop, and why they are not checked.
UNREAD: dict[str, dict[str, str]] = {
    "AWS::StepFunctions::StateMachine": {"TracingConfiguration": "there is no X-Ray here"},
    "AWS::CloudFormation::Stack": {"TemplateURL": "its resources are checked one by one"},
    "AWS::ApiGatewayV2::Api": {"FailOnWarnings": "a setting of the import itself"},
}
# Labels do not change how a resource behaves.
UNREAD_EVERYWHERE = frozenset({"Tags"})
