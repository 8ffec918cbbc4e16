"""Buckets, tables, keys and log groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

    from laptop_cloud.clients import Clients
    from laptop_cloud.drift.readers.reader import Properties, Reader


def bucket(clients: Clients, name: str, _wanted: Properties) -> dict[str, Any]:
    found: dict[str, Any] = {"BucketName": name}
    for operation, prop, shape in BUCKET:
        try:
            answer = getattr(clients("s3"), operation)(Bucket=name)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code.startswith("NoSuch") or code.endswith("NotFoundError"):
                continue  # this configuration was never set
            raise
        found[prop] = shape(answer)
    return found


def _encryption(answer: dict[str, Any]) -> dict[str, Any]:
    rules = answer["ServerSideEncryptionConfiguration"]["Rules"]
    return {
        "ServerSideEncryptionConfiguration": [
            {
                "ServerSideEncryptionByDefault": rule["ApplyServerSideEncryptionByDefault"],
                "BucketKeyEnabled": rule.get("BucketKeyEnabled", False),
            }
            for rule in rules
        ]
    }


def _notification(answer: dict[str, Any]) -> dict[str, Any]:
    enabled = "EventBridgeConfiguration" in answer
    return {"EventBridgeConfiguration": {"EventBridgeEnabled": enabled}}


def _lifecycle(rule: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"Id": rule.get("ID"), "Status": rule["Status"]}
    if prefix := rule.get("Filter", {}).get("Prefix"):
        found["Prefix"] = prefix
    expiration = rule.get("Expiration", {})
    if "Days" in expiration:
        found["ExpirationInDays"] = expiration["Days"]
    if "ExpiredObjectDeleteMarker" in expiration:
        found["ExpiredObjectDeleteMarker"] = expiration["ExpiredObjectDeleteMarker"]
    for name in ("NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload"):
        if name in rule:
            found[name] = rule[name]
    return found


def _cors(rule: dict[str, Any]) -> dict[str, Any]:
    names = {"MaxAgeSeconds": "MaxAge", "ExposeHeaders": "ExposedHeaders", "ID": "Id"}
    return {names.get(name, name): value for name, value in rule.items()}


# Operations of S3, and the property that each returns.
BUCKET: tuple[tuple[str, str, Callable[[dict[str, Any]], Any]], ...] = (
    ("get_bucket_encryption", "BucketEncryption", _encryption),
    (
        "get_bucket_lifecycle_configuration",
        "LifecycleConfiguration",
        lambda answer: {"Rules": [_lifecycle(one) for one in answer["Rules"]]},
    ),
    (
        "get_public_access_block",
        "PublicAccessBlockConfiguration",
        lambda answer: answer["PublicAccessBlockConfiguration"],
    ),
    (
        "get_bucket_ownership_controls",
        "OwnershipControls",
        lambda answer: answer["OwnershipControls"],
    ),
    (
        "get_bucket_versioning",
        "VersioningConfiguration",
        lambda answer: {"Status": answer.get("Status", "Suspended")},
    ),
    (
        "get_bucket_cors",
        "CorsConfiguration",
        lambda answer: {"CorsRules": [_cors(one) for one in answer["CORSRules"]]},
    ),
    (
        "get_object_lock_configuration",
        "ObjectLockEnabled",
        lambda answer: answer["ObjectLockConfiguration"]["ObjectLockEnabled"] == "Enabled",
    ),
    ("get_bucket_notification_configuration", "NotificationConfiguration", _notification),
)


def bucket_policy(clients: Clients, _id: str, wanted: Properties) -> dict[str, Any]:
    answer = clients("s3").get_bucket_policy(Bucket=wanted["Bucket"])
    return {"Bucket": wanted["Bucket"], "PolicyDocument": answer["Policy"]}


def table(clients: Clients, name: str, _wanted: Properties) -> dict[str, Any]:
    dynamodb = clients("dynamodb")
    found = dynamodb.describe_table(TableName=name)["Table"]
    ttl = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    recovery = backups.get("PointInTimeRecoveryDescription", {})
    encryption = found.get("SSEDescription", {})
    return {
        "TableName": name,
        "BillingMode": found.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED"),
        "AttributeDefinitions": found["AttributeDefinitions"],
        "KeySchema": found["KeySchema"],
        "GlobalSecondaryIndexes": found.get("GlobalSecondaryIndexes"),
        "StreamSpecification": found.get("StreamSpecification"),
        "DeletionProtectionEnabled": found.get("DeletionProtectionEnabled", False),
        "TimeToLiveSpecification": {
            "AttributeName": ttl.get("AttributeName"),
            "Enabled": ttl["TimeToLiveStatus"] in {"ENABLED", "ENABLING"},
        },
        "PointInTimeRecoverySpecification": {
            "PointInTimeRecoveryEnabled": recovery.get("PointInTimeRecoveryStatus") == "ENABLED"
        },
        "SSESpecification": {
            "SSEEnabled": encryption.get("Status") in {"ENABLED", "ENABLING", "UPDATING"},
            "SSEType": encryption.get("SSEType"),
            "KMSMasterKeyId": encryption.get("KMSMasterKeyArn"),
        },
    }


def key(clients: Clients, name: str, _wanted: Properties) -> dict[str, Any]:
    kms = clients("kms")
    about = kms.describe_key(KeyId=name)["KeyMetadata"]
    symmetric = about.get("KeySpec", "SYMMETRIC_DEFAULT") == "SYMMETRIC_DEFAULT"
    rotation = kms.get_key_rotation_status(KeyId=name) if symmetric else {}
    return {
        "Description": about.get("Description"),
        "Enabled": about["Enabled"],
        "KeySpec": about.get("KeySpec"),
        "KeyUsage": about.get("KeyUsage"),
        "MultiRegion": about.get("MultiRegion", False),
        "EnableKeyRotation": rotation.get("KeyRotationEnabled", False),
        "KeyPolicy": kms.get_key_policy(KeyId=name, PolicyName="default")["Policy"],
    }


def alias(clients: Clients, name: str, _wanted: Properties) -> dict[str, Any]:
    pages = clients("kms").get_paginator("list_aliases").paginate()
    every = (one for page in pages for one in page["Aliases"])
    found: dict[str, Any] = next((one for one in every if one["AliasName"] == name), {})
    return {"AliasName": found.get("AliasName"), "TargetKeyId": found.get("TargetKeyId")}


def log_group(clients: Clients, name: str, _wanted: Properties) -> dict[str, Any]:
    answer = clients("logs").describe_log_groups(logGroupNamePrefix=name)
    found: dict[str, Any] = next(
        (one for one in answer["logGroups"] if one["logGroupName"] == name), {}
    )
    return {
        "LogGroupName": found.get("logGroupName"),
        "RetentionInDays": found.get("retentionInDays"),
        "KmsKeyId": found.get("kmsKeyId"),
    }


def metric_filter(clients: Clients, name: str, wanted: Properties) -> dict[str, Any]:
    answer = clients("logs").describe_metric_filters(
        logGroupName=wanted["LogGroupName"], filterNamePrefix=name
    )
    found: dict[str, Any] = next(iter(answer["metricFilters"]), {})
    return {
        "LogGroupName": found.get("logGroupName"),
        "FilterPattern": found.get("filterPattern"),
        "MetricTransformations": [
            {f"{key[0].upper()}{key[1:]}": value for key, value in one.items()}
            for one in found.get("metricTransformations", [])
        ],
    }


READERS: dict[str, Reader] = {
    "AWS::S3::Bucket": bucket,
    "AWS::S3::BucketPolicy": bucket_policy,
    "AWS::DynamoDB::Table": table,
    "AWS::KMS::Key": key,
    "AWS::KMS::Alias": alias,
    "AWS::Logs::LogGroup": log_group,
    "AWS::Logs::MetricFilter": metric_filter,
}
