"""Gap: a bucket's encryption, lifecycle, ownership and Object Lock are set."""

from __future__ import annotations

from typing import Any

from laptop_cloud.extension import inprocess
from laptop_cloud.extension.provisioning import Properties, after, truth

RULE_KEYS = frozenset(
    {
        "Id",
        "Status",
        "Prefix",
        "ExpirationInDays",
        "ExpiredObjectDeleteMarker",
        "NoncurrentVersionExpiration",
        "AbortIncompleteMultipartUpload",
    }
)


def install() -> None:
    after("AWS::S3::Bucket", set_properties)


def set_properties(bucket: str, properties: Properties) -> None:
    client = inprocess.client("s3")
    if encryption := properties.get("BucketEncryption"):
        client.put_bucket_encryption(
            Bucket=bucket,
            ServerSideEncryptionConfiguration={
                "Rules": [
                    encryption_rule(one) for one in encryption["ServerSideEncryptionConfiguration"]
                ]
            },
        )
    if lifecycle := properties.get("LifecycleConfiguration"):
        client.put_bucket_lifecycle_configuration(
            Bucket=bucket,
            LifecycleConfiguration={"Rules": [lifecycle_rule(one) for one in lifecycle["Rules"]]},
        )
    else:
        client.delete_bucket_lifecycle(Bucket=bucket)
    if truth(properties.get("ObjectLockEnabled")):
        client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        client.put_object_lock_configuration(
            Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"}
        )
    if ownership := properties.get("OwnershipControls"):
        client.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=ownership)


def encryption_rule(rule: dict[str, Any]) -> dict[str, Any]:
    """One rule of CloudFormation's BucketEncryption as PutBucketEncryption takes it."""
    default = rule["ServerSideEncryptionByDefault"]
    key = {"KMSMasterKeyID": default["KMSMasterKeyID"]} if default.get("KMSMasterKeyID") else {}
    return {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": default["SSEAlgorithm"], **key},
        "BucketKeyEnabled": truth(rule.get("BucketKeyEnabled")),
    }


def lifecycle_rule(rule: dict[str, Any]) -> dict[str, Any]:
    """One CloudFormation lifecycle rule as PutBucketLifecycleConfiguration takes it.

    Raises ValueError for an unknown part, which must not be dropped.
    """
    if unknown := sorted(set(rule) - RULE_KEYS):
        raise ValueError(f"lifecycle rule: {', '.join(unknown)} is not supported")
    wanted: dict[str, Any] = {
        "Status": rule["Status"],
        "Filter": {"Prefix": rule.get("Prefix", "")},
    }
    if "Id" in rule:
        wanted["ID"] = rule["Id"]
    if "ExpirationInDays" in rule:
        wanted["Expiration"] = {"Days": int(rule["ExpirationInDays"])}
    elif truth(rule.get("ExpiredObjectDeleteMarker")):
        wanted["Expiration"] = {"ExpiredObjectDeleteMarker": True}
    if old := rule.get("NoncurrentVersionExpiration"):
        wanted["NoncurrentVersionExpiration"] = {"NoncurrentDays": int(old["NoncurrentDays"])}
    if parts := rule.get("AbortIncompleteMultipartUpload"):
        wanted["AbortIncompleteMultipartUpload"] = {
            "DaysAfterInitiation": int(parts["DaysAfterInitiation"])
        }
    return wanted
