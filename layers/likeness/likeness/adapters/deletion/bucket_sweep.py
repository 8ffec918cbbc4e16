"""Both buckets as a whole, for the daily sweep: ranges of keys, and the buckets' settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from likeness.adapters.aws_errors import code_of, domain_errors
from likeness.adapters.s3.listing import uploads_of, versions_of
from likeness.domain.deletion.retention import SweepFinding
from likeness.ports.deletion import Marker, Page

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mypy_boto3_s3.client import S3Client

    from likeness.domain.deletion.key_ranges import KeyRange
    from likeness.ports.deletion import BucketObject

ABSENT = {"ReplicationConfigurationNotFoundError", "NoSuchLifecycleConfiguration"}


class BucketSweep:
    def __init__(self, s3: S3Client, *, photos: str, avatars: str) -> None:
        self._s3 = s3
        self._names = {"photos": photos, "avatars": avatars}

    def uploads(self, within: KeyRange) -> Iterator[BucketObject]:
        name = self._names[within.bucket]
        pages = self._s3.get_paginator("list_multipart_uploads")
        with domain_errors():
            for page in pages.paginate(Bucket=name, **_start(within)):
                for one in uploads_of(name, page):
                    if _beyond(one.key, within):
                        return
                    if one.key > within.after:
                        yield one

    def page(self, within: KeyRange, after: Marker | None) -> Page:
        """A page of S3 may begin amid the versions of a key, so the marker names one of them."""
        name = self._names[within.bucket]
        place = _start(within)
        if after:
            place = {"KeyMarker": after.key}
        if after and after.version:
            place["VersionIdMarker"] = after.version
        with domain_errors():
            found = self._s3.list_object_versions(Bucket=name, **place)
        listed = list(versions_of(name, found))
        inside = tuple(one for one in listed if not _beyond(one.key, within))
        if not found["IsTruncated"] or len(inside) < len(listed):
            return Page(objects=inside, last=None)
        last = Marker(key=found["NextKeyMarker"], version=found.get("NextVersionIdMarker"))
        return Page(objects=inside, last=last)

    def delete(self, objects: Sequence[BucketObject]) -> int:
        """A denied one does not stop the others."""
        failed = 0
        for one in objects:
            if one.upload:
                try:
                    self._s3.abort_multipart_upload(
                        Bucket=one.bucket, Key=one.key, UploadId=one.upload
                    )
                except ClientError as error:
                    failed += code_of(error) != "NoSuchUpload"
        versions: Any = [
            {"Key": one.key, "VersionId": one.version} for one in objects if not one.upload
        ]
        if versions:
            with domain_errors():
                answer = self._s3.delete_objects(
                    Bucket=objects[0].bucket, Delete={"Objects": versions, "Quiet": True}
                )
            failed += len(answer.get("Errors", []))
        return failed

    def drift(self, lifecycle: Mapping[str, Mapping[str, int]]) -> list[SweepFinding]:
        found = []
        for bucket, name in self._names.items():
            with domain_errors():
                if self._s3.get_bucket_versioning(Bucket=name).get("Status"):
                    found.append(SweepFinding.VERSIONING)
                if self._ask("get_bucket_replication", name):
                    found.append(SweepFinding.REPLICATION)
                rules = self._ask("get_bucket_lifecycle_configuration", name).get("Rules", [])
            if _days(rules) != dict(lifecycle[bucket]):
                found.append(SweepFinding.LIFECYCLE)
        return found

    def _ask(self, operation: str, name: str) -> dict[str, Any]:
        """Return a configuration; empty if the bucket has none."""
        try:
            return dict(getattr(self._s3, operation)(Bucket=name))
        except ClientError as error:
            if code_of(error) in ABSENT:
                return {}
            raise


def _start(within: KeyRange) -> dict[str, Any]:
    return {"KeyMarker": within.after} if within.after else {}


def _beyond(key: str, within: KeyRange) -> bool:
    return within.up_to is not None and key > within.up_to


def _days(rules: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Return days by prefix of the enabled rules that also abort unfinished uploads after a day."""
    return {
        (rule.get("Filter") or {}).get("Prefix", rule.get("Prefix", "")): rule["Expiration"]["Days"]
        for rule in rules
        if rule["Status"] == "Enabled"
        and "Days" in rule.get("Expiration", {})
        and rule.get("AbortIncompleteMultipartUpload", {}).get("DaysAfterInitiation") == 1
    }
