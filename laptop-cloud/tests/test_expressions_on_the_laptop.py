"""Expressions of DynamoDB mean the same each time, although they are parsed once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from support.calls import ops

if TYPE_CHECKING:
    from collections.abc import Iterator

    from laptop_cloud.cloud import Cloud

pytestmark = pytest.mark.stack
TABLE = "expressions"


@pytest.fixture(scope="module")
def dynamodb(laptop_cloud: Cloud) -> Iterator[Any]:
    client: Any = ops(laptop_cloud)("dynamodb")
    client.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
    )
    for sk, colour in (("a", "red"), ("b", "blue"), ("c", "red")):
        item = {"pk": {"S": "p"}, "sk": {"S": sk}, "colour": {"S": colour}}
        client.put_item(TableName=TABLE, Item=item)
    yield client
    client.delete_table(TableName=TABLE)


def query(dynamodb: Any, first: str, last: str, condition: str, **names: str) -> list[str]:
    found = dynamodb.query(
        TableName=TABLE,
        KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
        FilterExpression=condition,
        ExpressionAttributeNames={f"#{name}": attribute for name, attribute in names.items()},
        ExpressionAttributeValues={
            ":pk": {"S": "p"},
            ":first": {"S": first},
            ":last": {"S": last},
            ":value": {"S": "red"},
        },
    )
    return [item["sk"]["S"] for item in found["Items"]]


def test_one_expression_is_evaluated_with_the_names_and_values_of_each_call(dynamodb: Any) -> None:
    condition = "#of = :value"

    assert query(dynamodb, "a", "c", condition, of="colour") == ["a", "c"]
    assert query(dynamodb, "b", "c", condition, of="colour") == ["c"]
    assert query(dynamodb, "a", "c", condition, of="sk") == []
    with pytest.raises(ClientError, match="upper bound"):
        query(dynamodb, "c", "a", condition, of="colour")


@pytest.mark.parametrize(
    ("condition", "refused"),
    [
        ("#of = = :value", "Syntax error"),
        ("((#of = :value))", "redundant parentheses"),
        ("#of = :value AND state = :value", "reserved keyword"),
    ],
)
def test_what_is_refused_is_refused_each_time(dynamodb: Any, condition: str, refused: str) -> None:
    for _ in range(3):
        with pytest.raises(ClientError, match=refused) as error:
            query(dynamodb, "a", "c", condition, of="colour")
        assert error.value.response["Error"]["Code"] == "ValidationException"
