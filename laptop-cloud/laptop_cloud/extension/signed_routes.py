"""Gap: a route with IAM authorisation accepts only signed requests."""

from __future__ import annotations

import json
from typing import Any

from ministack import app

SIGNED = "AWS4-HMAC-SHA256"
Response = tuple[int, dict[str, str], bytes]

_enforce = app._enforce_execute_api


def install() -> None:
    app._enforce_execute_api = enforce


def enforce(  # noqa: PLR0917 - MiniStack's own signature
    api_id: str,
    stage: str,
    method: str,
    path: str,
    headers: dict[str, str],
    query: dict[str, Any],
    iam_action: str = "execute-api:Invoke",
) -> Any:
    """Returns 403 without a signature, as API Gateway does."""
    authorization = app._execute_api_authorization_type(api_id, stage, method, path)
    signed = headers.get("authorization", "").startswith(SIGNED) or "X-Amz-Signature" in query
    if authorization == "AWS_IAM" and not signed:
        return forbidden()
    return _enforce(api_id, stage, method, path, headers, query, iam_action)


def forbidden() -> Response:
    body = json.dumps({"message": "Forbidden"}).encode()
    return 403, {"Content-Type": "application/json"}, body
