"""Read all items that share a partition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from likeness.adapters.aws_errors import domain_errors
from likeness.adapters.dynamodb.keys import INDEX, Key
from likeness.domain.paging import ResultPage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mypy_boto3_dynamodb.service_resource import Table
    from mypy_boto3_dynamodb.type_defs import QueryInputTableQueryTypeDef

FIRST, END = " ", "~"  # before and after every sort key
BATCH = 100  # keys of one BatchGetItem, DynamoDB's limit


def query(
    table: Table, *, pk: str, begins_with: str | None = None, latest_first: bool = False
) -> Iterator[dict[str, Any]]:
    """Yield items of one partition by sort key, with consistent reads."""
    condition, values = "pk = :pk", {":pk": pk}
    if begins_with is not None:
        condition += " AND begins_with(sk, :sk)"
        values[":sk"] = begins_with
    return _pages(
        table,
        {
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": values,
            "ConsistentRead": True,
            "ScanIndexForward": not latest_first,
        },
    )


def query_newest(table: Table, *, pk: str, page: int) -> Iterator[dict[str, Any]]:
    """Yield items of one partition, the last sort key first, eventually consistent.

    Reads `page` items at a time, so that a caller who stops early pays for what it took.
    """
    return _pages(
        table,
        {
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": pk},
            "ScanIndexForward": False,
            "Limit": page,
        },
    )


def query_after(
    table: Table, *, pk: str, after: str, last: str, having: Sequence[str] = ()
) -> Iterator[dict[str, Any]]:
    """Yield items of one partition from `after` to `last`, which are sort keys, both included.

    `having`: only items with one of these attributes. The others are read, and not returned.
    """
    request: QueryInputTableQueryTypeDef = {
        "KeyConditionExpression": "pk = :pk AND sk BETWEEN :after AND :last",
        "ExpressionAttributeValues": {":pk": pk, ":after": after, ":last": last},
        "ConsistentRead": True,
    }
    if having:
        request["FilterExpression"] = " OR ".join(f"attribute_exists(#{name})" for name in having)
        request["ExpressionAttributeNames"] = {f"#{name}": name for name in having}
    return _pages(table, request)


def query_index(table: Table, *, gsi1pk: str) -> Iterator[dict[str, Any]]:
    """Yield items of one partition of the index by sort key. An index is eventually consistent."""
    return _pages(
        table,
        {
            "IndexName": INDEX,
            "KeyConditionExpression": "gsi1pk = :pk",
            "ExpressionAttributeValues": {":pk": gsi1pk},
        },
    )


def query_index_range(
    table: Table, *, gsi1pk: str, low: str, high: str, page: int, newest_first: bool = False
) -> Iterator[dict[str, Any]]:
    """Yield items of one partition of the index with sort keys from `low` to `high`.

    Reads `page` items at a time, so that a caller who stops early pays for what it took.
    """
    return _pages(
        table,
        {
            "IndexName": INDEX,
            "KeyConditionExpression": "gsi1pk = :pk AND gsi1sk BETWEEN :low AND :high",
            "ExpressionAttributeValues": {":pk": gsi1pk, ":low": low, ":high": high},
            "ScanIndexForward": not newest_first,
            "Limit": page,
        },
    )


def batch_get(table: Table, wanted: Sequence[Key]) -> Iterator[dict[str, Any]]:
    """Yield the items that exist, in no order, with consistent reads.

    Unprocessed keys are asked for again.
    """
    for begin in range(0, len(wanted), BATCH):
        keys = wanted[begin : begin + BATCH]
        asked: Any = {table.name: {"Keys": keys, "ConsistentRead": True}}
        while asked:
            with domain_errors():
                answer = table.meta.client.batch_get_item(RequestItems=asked)
            yield from answer["Responses"].get(table.name, ())
            asked = answer.get("UnprocessedKeys")


def delete_partition(table: Table, *, pk: str, last: str) -> None:
    """Delete every item of a partition; the one with sort key `last` after all others.

    Then what was written beside it in between. No more follows if writers check that it is there.
    """
    request: QueryInputTableQueryTypeDef = {
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": {":pk": pk},
        "ProjectionExpression": "pk, sk",
        "ConsistentRead": True,
    }

    def delete_others() -> None:
        with table.batch_writer() as batch:
            for item in _pages(table, request):
                if item["sk"] != last:
                    batch.delete_item(Key={"pk": pk, "sk": item["sk"]})

    with domain_errors():
        delete_others()
        table.delete_item(Key={"pk": pk, "sk": last})
        delete_others()


def query_index_part(
    table: Table,
    *,
    gsi1pk: str,
    limit: int,
    after: str | None,
    newest_first: bool = False,
    having: Mapping[str, str] | None = None,
) -> ResultPage[dict[str, Any]]:
    """Return at most `limit` items of one partition of the index, after a sort key.

    `having`: only items with these attributes.
    """
    order = "<" if newest_first else ">"
    request: QueryInputTableQueryTypeDef = {
        "IndexName": INDEX,
        "KeyConditionExpression": "gsi1pk = :pk"
        + ("" if after is None else f" AND gsi1sk {order} :after"),
        "ExpressionAttributeValues": {":pk": gsi1pk} | ({} if after is None else {":after": after}),
        "ScanIndexForward": not newest_first,
        "Limit": limit + 1,
    }
    if having:
        request["FilterExpression"] = " AND ".join(f"#{name} = :{name}" for name in having)
        request["ExpressionAttributeNames"] = {f"#{name}": name for name in having}
        request["ExpressionAttributeValues"] = {
            **request["ExpressionAttributeValues"],
            **{f":{name}": value for name, value in having.items()},
        }
    found = _pages(table, request)
    return ResultPage.of(found, limit=limit, position=lambda item: str(item["gsi1sk"]))


def _pages(table: Table, request: QueryInputTableQueryTypeDef) -> Iterator[dict[str, Any]]:
    while True:
        with domain_errors():
            page = table.query(**request)
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        request = {**request, "ExclusiveStartKey": page["LastEvaluatedKey"]}
