"""Gap: Lambda reads a queue with the function's role; calls for batches need no own permission."""

from __future__ import annotations

import logging
from typing import Any

from ministack.core import iam_actions
from ministack.services import lambda_svc

from laptop_cloud.extension import roles

log = logging.getLogger(__name__)

# "Configuring the execution role permissions" of an event source mapping for SQS.
READING = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
BATCH = "Batch"

_concurrency = lambda_svc._sqs_esm_concurrency
_extract_action = iam_actions.extract_iam_action


def install() -> None:
    lambda_svc._sqs_esm_concurrency = concurrency
    iam_actions.extract_iam_action = action


def concurrency(
    mapping: dict[str, Any],
    function: dict[str, Any],
    config: dict[str, Any],
    queue: dict[str, Any] | None = None,
) -> int:
    """The batches that may be in flight; none if the role may not read the queue."""
    source = mapping["EventSourceArn"]
    settings = function.get("config") or function
    lacking = [
        f"sqs:{name}"
        for name in READING
        if not roles.allows(settings["Role"], f"sqs:{name}", source)
    ]
    if lacking:
        problem = f"PROBLEM: the function's role lacks {', '.join(lacking)} on {source}"
        if mapping.get("LastProcessingResult") != problem:
            log.warning("mapping of %s: %s", settings["FunctionName"], problem)
        mapping["LastProcessingResult"] = problem
        return 0
    allowed: int = _concurrency(mapping, function, config, queue)
    return allowed


def action(*args: Any, **kwargs: Any) -> str | None:
    """SendMessageBatch needs sqs:SendMessage ("Amazon SQS API permissions")."""
    found: str | None = _extract_action(*args, **kwargs)
    return found.removesuffix(BATCH) if found and found.startswith("sqs:") else found
