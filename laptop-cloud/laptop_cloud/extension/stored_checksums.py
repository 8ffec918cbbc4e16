"""Gap: the response to PutObject has the checksum of what was stored (its botocore model)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ministack.services import s3

if TYPE_CHECKING:
    from collections.abc import Callable

    Answer = tuple[int, dict[str, str], bytes]
    Put = Callable[[str, str, bytes, dict[str, Any]], Answer]


def install() -> None:
    s3._put_object = confirmed(s3._put_object)


def confirmed(shipped: Put) -> Put:
    def put(bucket: str, key: str, body: bytes, headers: dict[str, Any]) -> Answer:
        status, given, content = shipped(bucket, key, body, headers)
        if status == 200:
            checksums, _ = s3._resolve_object_checksums(body, headers)
            given |= {f"x-amz-checksum-{name.lower()}": value for name, value in checksums.items()}
        return status, given, content

    return put
