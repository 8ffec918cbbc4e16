"""moto returns the same with its shortcuts as without."""

from decimal import Decimal

import pytest
from boto3.dynamodb.conditions import Key

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


@pytest.fixture
def results(table):
    """Every kind of response to the same calls."""

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
        ]
        return [{**one, "ResponseMetadata": None} for one in responses]

    for n in (10, 9, 2, 11, 1):
        keys = {"pk": f"JOB#{n % 2}", "sk": f"PHOTO#{n}", "gsi1pk": "USER#1", "gsi1sk": f"{n}"}
        table.put_item(Item=keys | VALUES)
    return all_of_them


def test_responses_are_the_same_with_and_without(results, monkeypatch):
    shorter = results()
    moto_shortcuts.leave(monkeypatch)

    assert shorter == results()
    assert [len(one.get("Items", ())) for one in shorter] == [3, 3, 5, 5, 0, 0, 0]
