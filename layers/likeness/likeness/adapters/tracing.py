"""X-Ray: each call of AWS is a subsegment of the function's trace, with the job's id.

Lambda makes the trace and runs the daemon; botocore passes the trace on to the service that is
called. What a subsegment contains: "AWS X-Ray segment documents" (X-Ray Developer Guide). No
request or response is in it. docs/decisions/093 says why there is no library.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import socket
import time
from typing import Any

from likeness.adapters.throttling import THROTTLED
from likeness.observability import logger

HEADER = '{"format": "json", "version": 1}\n'
STARTED = "likeness_started"  # in botocore's context of a call
TRACE = re.compile(r"Root=(?P<trace_id>[^;]+);Parent=(?P<parent_id>[^;]+);Sampled=1")
REJECTED = 400
FAULT = 500


def trace_calls(client: Any) -> Any:
    """Returns the client. Outside of a sampled invocation its calls leave no trace."""
    events = client.meta.events
    events.register("before-call", _started)
    events.register("after-call", _ended)
    events.register("after-call-error", _failed)
    return client


def _started(*, model: Any, context: dict[str, Any], **_: Any) -> None:
    context[STARTED] = (model, time.time())


def _ended(*, parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    about = parsed["ResponseMetadata"]
    status = about["HTTPStatusCode"]
    _send(
        context,
        about.get("RequestId"),
        http={"response": {"status": status}},
        error=REJECTED <= status < FAULT,
        fault=status >= FAULT,
        throttle=parsed.get("Error", {}).get("Code") in THROTTLED,
    )


def _failed(*, context: dict[str, Any], **_: Any) -> None:
    """There is no response."""
    _send(context, None, fault=True)


def _send(context: dict[str, Any], request_id: str | None, **found: Any) -> None:
    trace = TRACE.match(os.environ.get("_X_AMZN_TRACE_ID", ""))
    daemon = os.environ.get("AWS_XRAY_DAEMON_ADDRESS")
    if not trace or not daemon:
        return
    model, started = context[STARTED]
    job_id = logger.get_current_keys().get("job_id")
    document = {
        "name": str(model.service_model.service_id),
        "type": "subsegment",
        "namespace": "aws",
        "id": secrets.token_hex(8),
        **trace.groupdict(),
        "start_time": started,
        "end_time": time.time(),
        "annotations": {"job_id": job_id} if job_id else {},
        "aws": {"operation": model.name} | ({"request_id": request_id} if request_id else {}),
        **found,
    }
    host, _, port = daemon.rpartition(":")
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            sender.sendto((HEADER + json.dumps(document)).encode(), (host, int(port)))
    except OSError as error:  # the trace is incomplete, and the call is not affected
        logger.debug("trace was not sent", error=type(error).__name__)
