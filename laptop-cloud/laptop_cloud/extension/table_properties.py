"""Gap: a table's time to live, point-in-time recovery and encryption are set."""

from __future__ import annotations

from laptop_cloud.extension import inprocess
from laptop_cloud.extension.provisioning import Properties, after, truth


def install() -> None:
    after("AWS::DynamoDB::Table", set_properties)


def set_properties(table: str, properties: Properties) -> None:
    client = inprocess.client("dynamodb")
    if ttl := properties.get("TimeToLiveSpecification"):
        client.update_time_to_live(
            TableName=table,
            TimeToLiveSpecification={
                "AttributeName": ttl["AttributeName"],
                "Enabled": truth(ttl.get("Enabled")),
            },
        )
    if recovery := properties.get("PointInTimeRecoverySpecification"):
        client.update_continuous_backups(
            TableName=table,
            PointInTimeRecoverySpecification={
                "PointInTimeRecoveryEnabled": truth(recovery.get("PointInTimeRecoveryEnabled"))
            },
        )
    if encryption := properties.get("SSESpecification"):
        wanted = {"Enabled": truth(encryption.get("SSEEnabled"))}
        names = ("SSEType", "KMSMasterKeyId")
        client.update_table(
            TableName=table,
            SSESpecification={
                **wanted,
                **{name: encryption[name] for name in names if name in encryption},
            },
        )
