"""Conditions on partition keys, and what a caller learns about a missing object, are as on AWS."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from laptop_cloud import identities, places
from support.calls import ops

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from laptop_cloud.clients import Clients
    from laptop_cloud.cloud import Cloud

pytestmark = pytest.mark.stack

Statement = dict[str, Any]
Call = tuple[str, dict[str, Any]]

TABLE = "keyed"
TABLE_ARN = f"arn:aws:dynamodb:{places.REGION}:{places.ACCOUNT}:table/{TABLE}"
KEY = "dynamodb:LeadingKeys"


@pytest.fixture(scope="module")
def table(laptop_cloud: Cloud) -> Iterator[None]:
    dynamodb = ops(laptop_cloud)("dynamodb")
    dynamodb.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "other")
        ],
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-other",
                "KeySchema": [{"AttributeName": "other", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    yield
    dynamodb.delete_table(TableName=TABLE)


@pytest.fixture
def allowed(laptop_cloud: Cloud) -> Iterator[Callable[..., Clients]]:
    """Clients of a role that may do what these statements say."""
    iam = ops(laptop_cloud)("iam")
    role = f"probe-{uuid.uuid4().hex[:8]}"
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{places.ACCOUNT}:root"},
        "Action": "sts:AssumeRole",
    }
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=document(trust))

    def clients(*statements: Statement) -> Clients:
        iam.put_role_policy(RoleName=role, PolicyName="probe", PolicyDocument=document(*statements))
        return laptop_cloud.act_as(identities.assume(laptop_cloud.root(), role))

    yield clients
    iam.delete_role_policy(RoleName=role, PolicyName="probe")
    iam.delete_role(RoleName=role)


def document(*statements: Statement) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def may(*actions: str, keys: list[str], null: bool = True, resource: str = TABLE_ARN) -> Statement:
    return {
        "Effect": "Allow",
        "Action": [f"dynamodb:{action}" for action in actions],
        "Resource": resource,
        "Condition": {"ForAllValues:StringLike": {KEY: keys}}
        | ({"Null": {KEY: "false"}} if null else {}),
    }


def refused(clients: Clients, call: Call) -> bool:
    operation, arguments = call
    try:
        getattr(clients("dynamodb"), operation)(**arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDeniedException":
            raise
        return True
    return False


def item(pk: str, **more: str) -> dict[str, Any]:
    return {name: {"S": text} for name, text in {"pk": pk, "sk": "1", **more}.items()}


def on_table(operation: str, **arguments: Any) -> Call:
    return operation, {"TableName": TABLE, **arguments}


def query(expression: str, value: str, names: dict[str, str] | None = None, **more: Any) -> Call:
    values = {":v": {"S": value}} | ({":s": {"S": "0"}} if ":s" in expression else {})
    named = {"ExpressionAttributeNames": names} if names else {}
    return on_table(
        "query",
        KeyConditionExpression=expression,
        ExpressionAttributeValues=values,
        **named,
        **more,
    )


def transaction(*writes: tuple[str, str]) -> Call:
    made = []
    for member, pk in writes:
        match member:
            case "Put":
                write = {"Item": item(pk)}
            case "ConditionCheck":
                write = {"Key": item(pk), "ConditionExpression": "attribute_not_exists(gone)"}
            case _:
                write = {
                    "Key": item(pk),
                    "UpdateExpression": "SET #n = :v",
                    "ExpressionAttributeNames": {"#n": "n"},
                    "ExpressionAttributeValues": {":v": {"S": "1"}},
                }
        made.append({member: {"TableName": TABLE, **write}})
    return "transact_write_items", {"TransactItems": made}


ONE_ITEM = {
    "GetItem": lambda pk: on_table("get_item", Key=item(pk)),
    "PutItem": lambda pk: on_table("put_item", Item=item(pk)),
    "UpdateItem": lambda pk: on_table("update_item", Key=item(pk)),
    "DeleteItem": lambda pk: on_table("delete_item", Key=item(pk)),
    "Query": lambda pk: query("pk = :v", pk),
    "Query by placeholders": lambda pk: query(
        "(#p = :v AND begins_with(#s, :s))", pk, {"#p": "pk", "#s": "sk"}
    ),
    "Query with the sort key first": lambda pk: query("sk >= :s AND :v = pk", pk),
    "Query in the old form": lambda pk: on_table(
        "query",
        KeyConditions={
            "pk": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": pk}]},
        },
    ),
    "BatchGetItem": lambda pk: (
        "batch_get_item",
        {"RequestItems": {TABLE: {"Keys": [item("JOB#0"), item(pk)]}}},
    ),
    "BatchWriteItem": lambda pk: (
        "batch_write_item",
        {
            "RequestItems": {
                TABLE: [
                    {"PutRequest": {"Item": item("JOB#0")}},
                    {"DeleteRequest": {"Key": item(pk)}},
                ]
            }
        },
    ),
}


@pytest.mark.parametrize("name", ONE_ITEM)
@pytest.mark.usefixtures("table")
def test_a_call_passes_only_with_a_partition_key_of_its_policy(
    allowed: Callable[..., Clients], name: str
) -> None:
    clients = allowed(may(name.split(maxsplit=1)[0], keys=["JOB#*"]))

    assert not refused(clients, ONE_ITEM[name]("JOB#1"))
    assert refused(clients, ONE_ITEM[name]("USER#1"))


@pytest.mark.usefixtures("table")
def test_a_query_of_an_index_has_the_partition_key_of_the_index(
    allowed: Callable[..., Clients],
) -> None:
    index = f"{TABLE_ARN}/index/by-other"
    clients = allowed(may("Query", keys=["USER#*"], resource=index))

    assert not refused(clients, query("other = :v", "USER#1", IndexName="by-other"))
    assert refused(clients, query("other = :v", "JOB#1", IndexName="by-other"))


@pytest.mark.parametrize(("null", "scan_is_refused"), [(True, True), (False, False)])
@pytest.mark.usefixtures("table")
def test_a_scan_has_no_key_and_only_null_refuses_it(
    allowed: Callable[..., Clients], *, null: bool, scan_is_refused: bool
) -> None:
    clients = allowed(may("Scan", "GetItem", keys=["JOB#*"], null=null))

    assert refused(clients, on_table("scan")) is scan_is_refused
    assert refused(clients, on_table("get_item", Key=item("USER#1")))


ORDERS = {
    "one statement for all": (
        [may("PutItem", "UpdateItem", keys=["JOB#*", "DAY#*"])],
        False,
    ),
    "one for each item": (
        [may("PutItem", keys=["JOB#*"]), may("PutItem", "UpdateItem", keys=["DAY#*"])],
        True,
    ),
    "one for each action": (
        [may("PutItem", keys=["JOB#*", "DAY#*"]), may("UpdateItem", keys=["DAY#*"])],
        True,
    ),
    "an action is missing": (
        [may("PutItem", keys=["JOB#*", "DAY#*"])],
        True,
    ),
}


@pytest.mark.parametrize("name", ORDERS)
@pytest.mark.usefixtures("table")
def test_a_transaction_passes_only_if_one_statement_covers_each_action_with_all_keys(
    allowed: Callable[..., Clients], name: str
) -> None:
    statements, is_refused = ORDERS[name]
    call = transaction(("Put", "JOB#1"), ("Put", "DAY#1"), ("Update", "DAY#2"))

    assert refused(allowed(*statements), call) is is_refused


@pytest.mark.usefixtures("table")
def test_a_deny_applies_to_a_single_item_of_a_transaction(
    allowed: Callable[..., Clients],
) -> None:
    everything = may("PutItem", "ConditionCheckItem", keys=["*"])
    deny = may("PutItem", keys=["AUDIT"]) | {"Effect": "Deny"}
    clients = allowed(everything, deny)

    assert not refused(clients, transaction(("Put", "JOB#1"), ("ConditionCheck", "AUDIT")))
    assert refused(clients, transaction(("Put", "JOB#1"), ("Put", "AUDIT")))


@pytest.mark.usefixtures("table")
def test_the_items_of_a_read_transaction_are_checked(allowed: Callable[..., Clients]) -> None:
    clients = allowed(may("GetItem", keys=["JOB#*"]))

    def read(*pks: str) -> Call:
        gets = [{"Get": {"TableName": TABLE, "Key": item(pk)}} for pk in pks]
        return "transact_get_items", {"TransactItems": gets}

    assert not refused(clients, read("JOB#1", "JOB#2"))
    assert refused(clients, read("JOB#1", "USER#1"))


@pytest.mark.usefixtures("table")
def test_a_key_in_a_field_that_the_operation_ignores_does_not_count(
    allowed: Callable[..., Clients],
) -> None:
    clients = allowed(may("Scan", "PutItem", keys=["JOB#*"]))
    dynamodb = clients("dynamodb")

    def add_key(params: dict[str, Any], **_: Any) -> None:
        more = {"Key": item("JOB#1"), **transaction(("Put", "JOB#1"))[1]}
        params["body"] = json.dumps(json.loads(params["body"]) | more).encode()

    dynamodb.meta.events.register("before-call.dynamodb", add_key)

    assert refused(clients, on_table("scan"))
    assert refused(clients, on_table("put_item", Item=item("USER#1")))


@pytest.fixture
def bucket(laptop_cloud: Cloud) -> str:
    return laptop_cloud.outputs["Bucket"]


LISTING = {
    "may list": ({}, "404"),
    "may list a prefix": ({"StringLike": {"s3:prefix": ["*"]}}, "403"),
    "may not list": (None, "403"),
}


@pytest.mark.parametrize("name", LISTING)
def test_only_a_caller_that_may_list_learns_that_an_object_is_missing(
    allowed: Callable[..., Clients], bucket: str, name: str
) -> None:
    condition, status = LISTING[name]
    arn = f"arn:aws:s3:::{bucket}"
    keys = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}
    read = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": f"{arn}/*"}
    lists = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": arn}
    listing = [] if condition is None else [lists | {"Condition": condition}]
    s3 = allowed(read, keys, *listing)("s3")
    s3.put_object(Bucket=bucket, Key="there", Body=b"it is")

    def code(operation: str, **arguments: Any) -> str:
        with pytest.raises(ClientError) as failed:
            getattr(s3, operation)(Bucket=bucket, **arguments)
        return str(failed.value.response["ResponseMetadata"]["HTTPStatusCode"])

    assert s3.get_object(Bucket=bucket, Key="there")["Body"].read() == b"it is"
    assert code("get_object", Key="missing") == status
    assert code("head_object", Key="missing") == status
    assert (
        code("copy_object", Key="copy", CopySource={"Bucket": bucket, "Key": "missing"}) == status
    )
