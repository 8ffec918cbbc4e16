"""Several writes in one transaction."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any, cast

from likeness.adapters.aws_errors import domain_errors
from likeness.domain.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from likeness.adapters.dynamodb.items import Condition
    from likeness.adapters.dynamodb.keys import Key

ATTEMPTS = 8
FIRST_PAUSE_S = 0.025  # doubled each time, with full jitter: at most 3 s in all
CONDITION = "ConditionalCheckFailed"
MET = "None"
TRANSIENT = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})


class ConditionsFailed(Exception):  # noqa: N818 - a result for the caller, not a fault
    """Nothing was written. `failed`: the positions of the writes whose condition failed."""

    def __init__(self, codes: Sequence[str]) -> None:
        super().__init__(", ".join(codes))
        self.failed = frozenset(n for n, code in enumerate(codes) if code == CONDITION)


def put(
    table: Table, item: dict[str, Any], condition: Condition | None = None
) -> TransactWriteItemTypeDef:
    write: dict[str, Any] = {"TableName": table.name, "Item": item}
    return cast("TransactWriteItemTypeDef", {"Put": write | dict(condition or {})})


def exists(table: Table, key: Key) -> TransactWriteItemTypeDef:
    """Nothing is written if there is no item with this key."""
    check = {"TableName": table.name, "Key": key, "ConditionExpression": "attribute_exists(pk)"}
    return cast("TransactWriteItemTypeDef", {"ConditionCheck": check})


def update(
    table: Table,
    key: Key,
    expression: str,
    *,
    names: Mapping[str, str],
    values: Mapping[str, Any],
    condition: str | None = None,
) -> TransactWriteItemTypeDef:
    write = {
        "TableName": table.name,
        "Key": key,
        "UpdateExpression": expression,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
    }
    if condition:
        write["ConditionExpression"] = condition
    return cast("TransactWriteItemTypeDef", {"Update": write})


def write_all(
    table: Table,
    *writes: TransactWriteItemTypeDef,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Write everything or nothing.

    Concurrent transactions on one item cancel each other, whatever their conditions: they are
    retried up to ATTEMPTS times. The SDK sends a ClientRequestToken with each call, so a call that
    is sent again after a lost response writes once; the token expires after ten minutes, the
    conditions hold after that too.
    """
    codes: tuple[str, ...] = ()
    for attempt in range(ATTEMPTS):
        codes = _write(table, writes)
        if not codes:
            return
        if set(codes) <= {MET, CONDITION}:
            raise ConditionsFailed(codes)
        if not set(codes) & TRANSIENT:
            break
        pause(random.uniform(0, FIRST_PAUSE_S * 2**attempt))  # noqa: S311 - jitter
    raise Unavailable(f"a transaction was cancelled: {', '.join(sorted(set(codes) - {MET}))}")


def _write(table: Table, writes: Sequence[TransactWriteItemTypeDef]) -> tuple[str, ...]:
    """Return the cancellation code of each write; empty if all were written."""
    client = table.meta.client
    with domain_errors():
        try:
            client.transact_write_items(TransactItems=list(writes))
        except client.exceptions.TransactionCanceledException as cancelled:
            reasons = cancelled.response["CancellationReasons"]
            return tuple(reason.get("Code", MET) for reason in reasons)
    return ()
