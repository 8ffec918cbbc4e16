"""moto returns the same with its shortcuts as without."""

from decimal import Decimal

import pytest
from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError

from tests.integration import moto_shortcuts

VALUES = {
    "number": Decimal("1.5"),
    "none": None,
    "empty": "",
    "bytes": b"\0",
    "flag": False,
    "list": [1, {"S": "s", "b": b"b", "deep": [None, {}]}],
    "map": {"M": {"N": 1}, "name": "n"},
    "set": {"a", "b"},
}


FIRST, LAST = {"pk": "JOB#1", "sk": "PHOTO#1"}, {"pk": "JOB#1", "sk": "PHOTO#9"}


def refused(call, **arguments):
    """The response of a call that fails."""
    with pytest.raises(ClientError) as error:
        call(**arguments)
    return error.value.response


@pytest.fixture
def results(table):
    """Every kind of response to the same calls, which leave the table as it was."""
    items = [
        {"pk": f"JOB#{n % 2}", "sk": f"PHOTO#{n}", "gsi1pk": "USER#1", "gsi1sk": f"{n}"} | VALUES
        for n in (10, 9, 2, 11, 1)
    ]
    change = {
        "UpdateExpression": "SET #l[0] = :v, n = :v ADD #s :s",
        "ExpressionAttributeNames": {"#l": "list", "#s": "set"},
        "ExpressionAttributeValues": {":v": 2, ":s": {"c"}},
    }
    writes = [
        {"Update": {"TableName": table.name, "Key": FIRST} | change},
        {"Delete": {"TableName": table.name, "Key": LAST}},
        {"Put": {"TableName": table.name, "Item": {"pk": "JOB#1", "sk": "PHOTO#0"}}},
        {
            "ConditionCheck": {
                "TableName": table.name,
                "Key": {"pk": "JOB#0", "sk": "none"},
                "ConditionExpression": "attribute_exists(pk)",
            }
        },
    ]
    transact = table.meta.client.transact_write_items

    def all_of_them():
        key = Key("pk").eq("JOB#1")
        responses = [
            table.query(KeyConditionExpression=key),
            table.query(KeyConditionExpression=key, ScanIndexForward=False, Limit=3),
            table.query(IndexName="gsi1", KeyConditionExpression=Key("gsi1pk").eq("USER#1")),
            table.scan(),
            table.get_item(Key={"pk": "JOB#1", "sk": "PHOTO#10"}),
            table.get_item(Key={"pk": "JOB#1", "sk": "none"}),
            table.meta.client.describe_table(TableName=table.name),
            refused(transact, TransactItems=writes),
            table.query(KeyConditionExpression=key),
            refused(table.put_item, Item=FIRST | {"large": "x" * 405_000}),
            table.update_item(Key=FIRST, ReturnValues="ALL_OLD", **change),
            transact(TransactItems=writes[:-1]),
            table.query(KeyConditionExpression=key),
            *(table.put_item(Item=item, ReturnValues="ALL_OLD") for item in items),
            table.delete_item(Key={"pk": "JOB#1", "sk": "PHOTO#0"}, ReturnValues="ALL_OLD"),
        ]
        return [{**one, "ResponseMetadata": None} for one in responses]

    for item in items:
        table.put_item(Item=item)
    return all_of_them


def test_responses_are_the_same_with_and_without(results, monkeypatch):
    shorter = results()
    moto_shortcuts.leave(monkeypatch)

    assert shorter == results()
    assert [len(one["Items"]) for one in shorter if "Items" in one] == [3, 3, 5, 5, 3, 3]
    assert [one["Error"]["Code"] for one in shorter if "Error" in one] == [
        "TransactionCanceledException",
        "ValidationException",
    ]
