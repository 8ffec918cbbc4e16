"""The drift check on a real cloud: it passes after a deployment and finds what is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from laptop_cloud.cloud import Cloud
from laptop_cloud.drift.check import Drift, check
from support.calls import ops

pytestmark = pytest.mark.stack

Change = Callable[[Cloud], Callable[[], Any]]  # returns a function that undoes it


def lose_lifecycle(cloud: Cloud) -> Callable[[], Any]:
    s3, bucket = ops(cloud)("s3"), cloud.outputs["Work"]
    rules = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    s3.delete_bucket_lifecycle(Bucket=bucket)
    return lambda: s3.put_bucket_lifecycle_configuration(
        Bucket=bucket, LifecycleConfiguration={"Rules": rules}
    )


def lose_encryption(cloud: Cloud) -> Callable[[], Any]:
    s3, bucket = ops(cloud)("s3"), cloud.outputs["Bucket"]
    kept = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]
    s3.delete_bucket_encryption(Bucket=bucket)
    return lambda: s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=kept)


def lose_concurrency(cloud: Cloud) -> Callable[[], Any]:
    functions, name = ops(cloud)("lambda"), cloud.outputs["Tell"]
    functions.delete_function_concurrency(FunctionName=name)
    return lambda: functions.put_function_concurrency(
        FunctionName=name, ReservedConcurrentExecutions=5
    )


def open_a_route(cloud: Cloud) -> Callable[[], Any]:
    gateway, api = ops(cloud)("apigatewayv2"), cloud.outputs["ApiId"]
    routes = gateway.get_routes(ApiId=api)["Items"]
    route = next(one for one in routes if one["RouteKey"] == "GET /v1/signed")

    def authorize(kind: str) -> None:
        gateway.update_route(ApiId=api, RouteId=route["RouteId"], AuthorizationType=kind)

    authorize("NONE")
    return lambda: authorize("AWS_IAM")


def lose_a_target(cloud: Cloud) -> Callable[[], Any]:
    events = ops(cloud)("events")
    rule = next(one["Name"] for one in events.list_rules()["Rules"] if "Uninvited" in one["Name"])
    targets = events.list_targets_by_rule(Rule=rule)["Targets"]
    events.remove_targets(Rule=rule, Ids=[one["Id"] for one in targets])
    return lambda: events.put_targets(Rule=rule, Targets=targets)


def test_as_deployed_there_is_no_drift(laptop_cloud: Cloud) -> None:
    check(ops(laptop_cloud), laptop_cloud.project.stack)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lose_lifecycle, r"Nested\.NestedBucket: LifecycleConfiguration .* is nothing"),
        (lose_encryption, r"Bucket: BucketEncryption .* is nothing|aws:kms"),
        (
            lose_concurrency,
            r"TellFunction: ReservedConcurrentExecutions should be 5 and is nothing",
        ),
        (
            open_a_route,
            r'Routes\.GET /v1/signed\.AuthorizationType should be "AWS_IAM" and is "NONE"',
        ),
        (lose_a_target, r"UninvitedRule: Targets .* is \[\]"),
    ],
)
def test_a_lost_property_is_found(laptop_cloud: Cloud, change: Change, message: str) -> None:
    undo = change(laptop_cloud)
    try:
        with pytest.raises(Drift, match=message):
            check(ops(laptop_cloud), laptop_cloud.project.stack)
    finally:
        undo()
    check(ops(laptop_cloud), laptop_cloud.project.stack)
