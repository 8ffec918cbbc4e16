"""How each resource type is read back from its service, in CloudFormation's own shape."""

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

# Where a template says something in another form than the service: what it comes to.
WANTED: dict[str, Wanted] = {
    "AWS::ApiGatewayV2::Api": wanted_api,
    "AWS::Events::Connection": events.wanted_connection,
}

# Properties that nothing on a laptop acts on, and why they need no check.
UNREAD: dict[str, dict[str, str]] = {
    "AWS::StepFunctions::StateMachine": {"TracingConfiguration": "there is no X-Ray here"},
    "AWS::CloudFormation::Stack": {"TemplateURL": "its resources are checked one by one"},
    "AWS::ApiGatewayV2::Api": {"FailOnWarnings": "a setting of the import itself"},
}
# Labels say nothing about how a resource behaves.
UNREAD_EVERYWHERE = frozenset({"Tags"})
