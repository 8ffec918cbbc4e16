"""Gap: the calls that a stack makes can be counted. AWS has CloudTrail and metrics for that.

With a pattern (`cloud.up(..., calls=PATTERN)`) each call of a role and each invocation is a line of
a file, which `laptop_cloud.calls` reads. Of the content of a call it has only what the
pattern matches, such as ids of a job. A call that a function makes has the trace of its invocation:
botocore sends it (its handler add_recursion_detection_header).
"""

from __future__ import annotations

import json
import math
import re
import threading
import time
import zlib
from contextvars import ContextVar
from dataclasses import asdict, replace
from functools import cache
from typing import TYPE_CHECKING, Any, TextIO

from ministack import app
from ministack.core import iam_actions
from ministack.core.iam_evaluator import AuthError, resolve_principal
from ministack.core.responses import get_account_id
from ministack.core.router import extract_access_key_id
from ministack.services import dynamodb, lambda_svc

from laptop_cloud.calls import Call
from laptop_cloud.extension import encryption_permissions
from laptop_cloud.extension.settings import settings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from laptop_cloud.extension.wire import Response

    Handler = Callable[..., Awaitable[Response]]

ROOT = re.compile(r"Root=([^;]+)")
ATTEMPT = re.compile(r"attempt=(\d+)")
LONGEST = 65_536  # bytes of a request that are searched for names
READ_BYTES = 4096
CHECKSUM = "x-amz-crc32"  # of an answer; botocore repeats a call whose answer does not have it
READS = frozenset({"GetItem", "BatchGetItem", "Query", "Scan", "TransactGetItems"})
WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"})

_trace: ContextVar[str] = ContextVar("trace", default="")
_trace_id = lambda_svc._xray_trace_id_for_invocation
_paginate = dynamodb._paginate_evaluated_items
_read_bytes: ContextVar[int] = ContextVar("read_bytes", default=0)  # of the last query or scan
_execute: Any = None
_lock = threading.Lock()


def install() -> None:
    if not settings().calls:
        return
    global _execute  # noqa: PLW0603  what other gaps installed
    _execute = lambda_svc._execute_function_warm
    lambda_svc._execute_function_warm = execute
    lambda_svc._xray_trace_id_for_invocation = trace_id
    dynamodb._paginate_evaluated_items = paginate
    for service, handler in app.SERVICE_HANDLERS.items():
        app.SERVICE_HANDLERS[service] = recorded(service, handler)


def recorded(service: str, handler: Handler) -> Handler:
    async def handle(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Response:
        access_key = extract_access_key_id(headers, query)
        caller = role(access_key or encryption_permissions.post_signer(method, body))
        if not caller:
            return await handler(method, path, headers, body, query)
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        measured = service == "dynamodb" and operation in WRITES
        sent = with_capacity(body) if measured else body
        at, began = time.time(), time.monotonic()
        status, answer_headers, answer = await handler(method, path, headers, sent, query)
        read = write = 0.0
        if measured and status == 200:
            write, answer = without_capacity(body, answer)
            answer_headers[CHECKSUM] = str(zlib.crc32(answer))
        elif service == "dynamodb" and operation in READS and status == 200:
            read = read_units(json.loads(body), json.loads(answer))
        action = iam_actions.extract_iam_action(service, method, path, headers, body, query)
        trace = ROOT.search(headers.get("x-amzn-trace-id", ""))
        attempt = ATTEMPT.search(headers.get("amz-sdk-request", ""))
        about = Call(
            # A transaction and a batch are calls of their own, whatever action is checked.
            call=f"{service}:{operation}" if operation else action or f"{service}:{method}",
            caller=caller,
            status=status,
            trace=trace[1] if trace else "",
            attempt=int(attempt[1]) if attempt else 1,
            read=read,
            write=write,
            at=round(at, 3),
            seconds=round(time.monotonic() - began, 3),
        )
        for part in parts(operation, f"{path} {query} ", body):
            note(replace(about, names=names(part)))
        return status, answer_headers, answer

    return handle


def parts(operation: str, about: str, body: bytes) -> list[str]:
    """What is charged by itself: an event of PutEvents, else the call."""
    if operation == "PutEvents":
        return [json.dumps(one) for one in json.loads(body)["Entries"]]
    return [about + body[:LONGEST].decode("utf-8", "replace")]


@cache
def role(access_key: str) -> str:
    """The name of the role whose credentials these are; empty for root and without credentials."""
    caller = resolve_principal(access_key, get_account_id()) if access_key else None
    if caller is None or isinstance(caller, AuthError):
        return ""
    kind, _, rest = caller.arn.rpartition(":")[2].partition("/")
    return rest.partition("/")[0] if kind == "assumed-role" else ""


def with_capacity(body: bytes) -> bytes:
    return json.dumps(json.loads(body) | {"ReturnConsumedCapacity": "TOTAL"}).encode()


def without_capacity(body: bytes, answer: Any) -> tuple[float, Any]:
    """The write units of an answer, and the answer that the caller asked for."""
    content = json.loads(answer)
    used = content.get("ConsumedCapacity") or []
    units = sum(one["CapacityUnits"] for one in (used if isinstance(used, list) else [used]))
    if json.loads(body).get("ReturnConsumedCapacity", "NONE") != "NONE":
        return units, answer
    content.pop("ConsumedCapacity", None)
    return units, json.dumps(content).encode()


def read_units(request: dict[str, Any], answer: dict[str, Any]) -> float:
    """A read unit for each 4 KB, half of one if the read is eventually consistent.

    Items of a query count together, those of a batch one by one ("DynamoDB read and write
    operations"). MiniStack's ConsumedCapacity ignores the size of what was read.
    """
    consistent = request.get("ConsistentRead", False)
    if "Responses" in answer:
        found = answer["Responses"]
        items = (
            [one for batch in found.values() for one in batch] if isinstance(found, dict) else []
        )
        return sum(_units(dynamodb._item_size_bytes(one), consistent=consistent) for one in items)
    if "ScannedCount" in answer:
        size = _read_bytes.get()
    else:
        size = dynamodb._item_size_bytes(answer["Item"]) if "Item" in answer else 0
    return _units(size, consistent=consistent)


def paginate(items: Any, limit: Any, table: Any, index: str | None = None) -> tuple[Any, bool]:
    """A query reads whole items, also those that its filter removes."""
    page, more = _paginate(items, limit, table, index)
    entries = (dynamodb._apply_index_projection(one, table, index) for one in page)
    _read_bytes.set(sum(map(dynamodb._item_size_bytes, entries)))
    return page, more


def _units(size: int, *, consistent: bool) -> float:
    return max(1, math.ceil(size / READ_BYTES)) * (1.0 if consistent else 0.5)


def trace_id(config: dict[str, Any], inbound: str | None = None) -> str | None:
    found: str | None = _trace_id(config, inbound)
    root = ROOT.search(found or "")
    _trace.set(root[1] if root else "")
    return found


def execute(function: dict[str, Any], event: Any, *rest: Any) -> Any:
    """An invocation with its duration and the size of its log."""
    config = function.get("config") or function
    at, began = time.time(), time.monotonic()
    result = _execute(function, event, *rest)
    note(
        Call(
            call="lambda:Invoke",
            caller=config["FunctionName"],
            status=500 if result.get("error") else 200,
            trace=_trace.get(),
            names=names(json.dumps(event)),
            route=event.get("routeKey", "") if isinstance(event, dict) else "",
            at=round(at, 3),
            seconds=round(time.monotonic() - began, 3),
            init_s=result.get("init_s", 0.0),
            processor_s=result.get("processor_s", 0.0),
            memory_mb=int(config.get("MemorySize", 128)),
            log_bytes=len(result.get("log") or ""),
        )
    )
    return result


def names(text: str) -> tuple[str, ...]:
    return tuple(sorted(set(_pattern().findall(text))))


@cache
def _pattern() -> re.Pattern[str]:
    return re.compile(settings().calls_pattern)


@cache
def _file() -> TextIO:
    found = settings().calls
    if found is None:
        raise RuntimeError("calls are not recorded")
    return found.open("a", buffering=1)


def note(call: Call) -> None:
    with _lock:
        _file().write(json.dumps(asdict(call)) + "\n")
