"""Gap: a policy may restrict the algorithm with which a KMS key signs."""

from __future__ import annotations

import json
from typing import Any

from ministack.core import iam_actions

SIGNATURES = frozenset({"kms:Sign", "kms:Verify"})
CONDITIONS = {"kms:SigningAlgorithm": "SigningAlgorithm", "kms:MessageType": "MessageType"}

_request_tag_context = iam_actions.request_tag_context


def install() -> None:
    iam_actions.request_tag_context = context


def context(service: str, action: str, body: bytes, query: dict[str, Any]) -> dict[str, Any]:
    """The condition keys of a request: MiniStack's, and those of a signature."""
    found: dict[str, Any] = dict(_request_tag_context(service, action, body, query))
    if action in SIGNATURES:
        try:
            requested = json.loads(body or b"{}")
        except ValueError:
            return found
        found |= {key: requested[name] for key, name in CONDITIONS.items() if name in requested}
    return found
