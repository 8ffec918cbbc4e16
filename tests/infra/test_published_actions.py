"""Every policy agrees with AWS's published list of actions, resource types and condition keys."""

import pytest

from tests.infra import published_actions
from tests.infra.published_actions import EXCEPTIONS, Problem, findings, problems, statements

BUCKET = "arn:aws:s3:::a-bucket"
TABLE = "arn:aws:dynamodb:REGION:ACCOUNT:table/Table"
LOGS = "arn:aws:logs:REGION:ACCOUNT:log-group:/aws/a*"


def test_no_policy_differs_from_the_published_list():
    assert findings() == []


def test_every_kind_of_policy_is_checked():
    checked = " ".join(place for place, _ in statements())

    for place in (
        "CreateJobFunction WriteJob",
        "Pipeline CallSteps",
        "ReadJob ReadJob",
        "TrainingRole PullImage",
        "DeadlinesPolicy ProveDeletion",
        "PhotosBucketPolicy",
        "DeadLetterQueuePolicy",
        "AlarmsPolicy",
        "HashKey",
    ):
        assert place in checked


def allow(action, resource="*", **condition):
    return {"Action": action, "Resource": resource, "Condition": condition}


LEADING = {"dynamodb:LeadingKeys": ["JOB#*"]}
WRONG = {
    "an unknown action": (
        allow("s3:GetObjects", f"{BUCKET}/*"),
        Problem("s3:GetObjects", "does not exist"),
    ),
    "an unknown service": (
        allow("bucket:GetObject", f"{BUCKET}/*"),
        Problem("bucket:GetObject", "does not exist"),
    ),
    "a wildcard that stands for nothing": (
        allow("s3:Fetch*", f"{BUCKET}/*"),
        Problem("s3:Fetch*", "does not exist"),
    ),
    "an unknown condition key": (
        allow("dynamodb:GetItem", TABLE, StringLike={"dynamodb:LeadingKey": "JOB#*"}),
        Problem("dynamodb:GetItem", "does not know the condition key dynamodb:LeadingKey"),
    ),
    "a condition key of another action": (
        allow("dynamodb:Scan", TABLE, **{"ForAllValues:StringLike": LEADING}),
        Problem("dynamodb:Scan", "does not know the condition key dynamodb:LeadingKeys"),
    ),
    "an unknown global condition key": (
        allow("dynamodb:GetItem", TABLE, StringEquals={"aws:SourceAcount": "1"}),
        Problem("dynamodb:GetItem", "does not know the condition key aws:SourceAcount"),
    ),
    "objects where a bucket is needed": (
        allow("s3:ListBucketMultipartUploads", f"{BUCKET}/*"),
        Problem("s3:ListBucketMultipartUploads", "needs the resource type bucket"),
    ),
    "a bucket where objects are needed": (
        allow("s3:DeleteObject", BUCKET),
        Problem("s3:DeleteObject", "needs the resource type accesspointobject or object"),
    ),
    "an index where the table is needed": (
        allow("dynamodb:GetItem", f"{TABLE}/index/gsi1"),
        Problem("dynamodb:GetItem", "needs the resource type table"),
    ),
    "a resource for an action that takes none": (
        allow("ecr:GetAuthorizationToken", "arn:aws:ecr:REGION:ACCOUNT:repository/model"),
        Problem("ecr:GetAuthorizationToken", "takes no resource"),
    ),
    "a resource that no action takes": (
        allow(["s3:GetObject", "s3:PutObject"], [f"{BUCKET}/*", TABLE]),
        Problem("s3:GetObject s3:PutObject", f"cannot use {TABLE}"),
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_statement_that_allows_nothing_is_a_problem(name):
    statement, problem = WRONG[name]
    assert problem in list(problems(statement))


RIGHT = {
    "objects and their bucket": allow(
        ["s3:GetObject", "s3:ListBucket"], [BUCKET, f"{BUCKET}/photos/*/small.png"]
    ),
    "a wildcard that covers log streams": allow(
        ["logs:CreateLogStream", "logs:PutLogEvents"], LOGS
    ),
    "a condition key with another case": allow(
        "s3:GetObject", f"{BUCKET}/*", StringEquals={"AWS:SourceArn": "arn"}
    ),
    "a tag key": allow("dynamodb:GetItem", TABLE, StringEquals={"aws:ResourceTag/team": "x"}),
    "everything": allow("s3:*", [BUCKET, f"{BUCKET}/*"]),
    "keys of a table": allow("dynamodb:PutItem", TABLE, Null={"dynamodb:LeadingKeys": "false"}),
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_statement_of_the_published_form_has_no_problem(name):
    assert list(problems(RIGHT[name])) == []


def test_an_exception_that_is_not_needed_is_found(monkeypatch):
    monkeypatch.setattr(
        published_actions, "EXCEPTIONS", EXCEPTIONS | {Problem("s3:GetObject", "is odd"): "why"}
    )

    assert findings() == ["not needed in EXCEPTIONS: s3:GetObject is odd"]
