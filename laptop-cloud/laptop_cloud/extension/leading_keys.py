"""Gap: policies may restrict the partition keys that a DynamoDB call names (LeadingKeys).

The condition key `dynamodb:LeadingKeys` holds values of the partition key, for a query of an index
those of the index's partition key ("Actions, resources, and condition keys for Amazon DynamoDB";
"Using IAM policy conditions for fine-grained access control"). A scan has none.

AWS does not document what the key holds in a transaction. A transaction is therefore checked in
every way it can be read: each item by itself, all items of one action, and all items together. It
must pass each check.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ministack.core import iam_actions, iam_evaluator
from ministack.services import dynamodb

if TYPE_CHECKING:
    from collections.abc import Iterator

LEADING_KEYS = "dynamodb:LeadingKeys"
ENCLOSING_OPERATION = "dynamodb:EnclosingOperation"  # MiniStack sets it in a transaction
REQUEST = "laptop_cloud:dynamodb_request"  # carries the request from its context to enforce()

Keys = tuple[str, ...]
Item = tuple[str, str, dict[str, Any]]  # action, table and attributes

_service_context = iam_actions.dynamodb_service_context
_transaction_checks = iam_actions.dynamodb_transaction_checks
_enforce = iam_evaluator.enforce


def install() -> None:
    iam_actions.dynamodb_service_context = service_context
    iam_actions.dynamodb_transaction_checks = transaction_checks
    iam_evaluator.enforce = enforce


def service_context(body: bytes) -> dict[str, Any]:
    found: dict[str, Any] = _service_context(body)
    try:
        request = json.loads(body or b"{}")
    except ValueError:
        request = None
    return {**found, REQUEST: request if isinstance(request, dict) else {}}


def transaction_checks(
    iam_action: str, body: bytes, region: str, account_id: str
) -> list[tuple[str, str]]:
    """Each action on each table once: enforce() checks all items."""
    return list(dict.fromkeys(_transaction_checks(iam_action, body, region, account_id)))


def enforce(  # noqa: PLR0917  MiniStack's signature
    access_key_id: str,
    iam_action: str,
    service: str,
    region: str,
    resource_arn: str = "*",
    service_context: dict[str, Any] | None = None,
) -> Any:
    """Evaluate the policies once for each value that LeadingKeys may have; returns a refusal."""
    context = dict(service_context or {})
    request = context.pop(REQUEST, None)
    values: list[Keys] = [()]
    if request is not None:
        in_transaction = ENCLOSING_OPERATION in context
        values = leading_keys(request, iam_action, resource_arn, in_transaction=in_transaction)
    for keys in values:
        held = {LEADING_KEYS: list(keys)} if keys else {}
        refused = _enforce(access_key_id, iam_action, service, region, resource_arn, context | held)
        if refused:
            return refused
    return None


def leading_keys(
    request: dict[str, Any], iam_action: str, resource_arn: str, *, in_transaction: bool
) -> list[Keys]:
    """The values that LeadingKeys may have, one for each check; empty if the key is absent."""
    arn, _, index = resource_arn.partition("/index/")
    table_name = arn.rpartition("/")[2]
    table = dynamodb._tables.get(table_name)
    if table is None:
        return [()]
    partition_key, _, _ = dynamodb._resolve_index_keys(table, index)
    try:
        if iam_action == "dynamodb:Query":
            return [queried(request, partition_key)]
        named = transaction_items if in_transaction else items
        found = [
            (action, str(dynamodb._extract_key_val(item[partition_key])))
            for action, name, item in named(request, iam_action)
            if name in {arn, table_name} and item.get(partition_key)
        ]
    except (AttributeError, KeyError, TypeError):  # a malformed request, which the service refuses
        return [()]
    together = tuple(key for _, key in found)
    if not in_transaction:
        return [together]
    own = tuple(key for action, key in found if action == iam_action)
    return list(dict.fromkeys([*((key,) for key in own), own, together]))


def items(request: dict[str, Any], iam_action: str) -> Iterator[Item]:
    """The action, table and attributes of each item; nothing for a scan or PartiQL."""
    match iam_action:
        case "dynamodb:PutItem":
            yield iam_action, request["TableName"], request["Item"]
        case "dynamodb:GetItem" | "dynamodb:UpdateItem" | "dynamodb:DeleteItem":
            yield iam_action, request["TableName"], request["Key"]
        case "dynamodb:BatchGetItem":
            for table, batch in request["RequestItems"].items():
                yield from ((iam_action, table, key) for key in batch["Keys"])
        case "dynamodb:BatchWriteItem":
            for table, writes in request["RequestItems"].items():
                for write in (one for each in writes for one in each.values()):
                    yield iam_action, table, write.get("Item") or write["Key"]


def transaction_items(request: dict[str, Any], _: str) -> Iterator[Item]:
    for one in request["TransactItems"]:
        for member, write in one.items():
            action = iam_actions._DYNAMODB_TRANSACT_ITEM_ACTIONS[member]
            yield action, write["TableName"], write["Item" if member == "Put" else "Key"]


def queried(request: dict[str, Any], partition_key: str) -> Keys:
    """The partition key of a query, found as MiniStack finds it when it runs the query."""
    if conditions := request.get("KeyConditions"):
        found = dynamodb._extract_pk_from_key_conditions(conditions, partition_key)
    else:
        found = dynamodb._extract_pk_from_condition(
            request.get("KeyConditionExpression"),
            request.get("ExpressionAttributeValues") or {},
            request.get("ExpressionAttributeNames") or {},
            partition_key,
        )
    return () if found is None else (str(found),)
