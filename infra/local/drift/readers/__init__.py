"""How each resource type is read back from its service, in CloudFormation's own shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.local.drift.readers import compute, events, identity, storage

if TYPE_CHECKING:
    from infra.local.drift.readers.reader import Reader

READERS: dict[str, Reader] = {
    **storage.READERS,
    **identity.READERS,
    **compute.READERS,
    **events.READERS,
}

# Properties that nothing on a laptop acts on, and why they need no check.
UNREAD: dict[str, dict[str, str]] = {
    "AWS::StepFunctions::StateMachine": {"TracingConfiguration": "there is no X-Ray here"},
    "AWS::ApiGatewayV2::Api": {"FailOnWarnings": "a setting of the import itself"},
}
# Labels say nothing about how a resource behaves.
UNREAD_EVERYWHERE = frozenset({"Tags"})
