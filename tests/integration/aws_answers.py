"""AWS responses that a test sets, and a moto bucket that a test can inspect."""

from __future__ import annotations

from typing import Any

from botocore.awsrequest import AWSResponse


class MotoBucket:
    """FakeBucket's counterpart on moto: stores and lists objects without the adapter."""

    def __init__(self, s3: Any, name: str) -> None:
        self.locked = False
        self._s3 = s3
        self._name = name
        s3.meta.events.register("before-call.s3.DeleteObjects", self._deny)

    def put(self, key: str, content: bytes) -> None:
        self._s3.put_object(Bucket=self._name, Key=key, Body=content)

    def get(self, key: str, what: str = "") -> bytes:
        return bytes(self._s3.get_object(Bucket=self._name, Key=key)["Body"].read())

    def listing(self) -> list[str]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._name)
        return sorted(there["Key"] for page in pages for there in page.get("Contents", []))

    def _deny(self, params: dict[str, Any], **_: Any) -> tuple[AWSResponse, dict[str, Any]] | None:
        """DeleteObjects reports denied deletions in a response with status 200."""
        if not self.locked or f"/{self._name}" not in params["url_path"] + params["url"]:
            return None
        return answer(200, {"Errors": [{"Key": "one", "Code": "AccessDenied"}]})


def answer(status: int, parsed: dict[str, Any]) -> tuple[AWSResponse, dict[str, Any]]:
    """A response that botocore accepts from a `before-call` handler."""
    parsed["ResponseMetadata"] = {"HTTPStatusCode": status, "RetryAttempts": 0}
    return AWSResponse("https://aws.test", status, {}, None), parsed  # type: ignore[arg-type]


def fail(
    client: Any,
    operation: str,
    code: str,
    *,
    times: int,
    after: int = 0,
    status: int = 400,
    **more: Any,
) -> list[str]:
    """Makes calls of an operation fail with AWS's code: so many `times`, `after` so many.

    The list records each call.
    """
    calls: list[str] = []

    def fail_or_pass(**_: Any) -> tuple[AWSResponse, dict[str, Any]] | None:
        calls.append(operation)
        if not after < len(calls) <= after + times:
            return None
        return answer(status, {"Error": {"Code": code, "Message": "set by a test"}, **more})

    service = client.meta.service_model.service_id.hyphenize()
    client.meta.events.register(f"before-call.{service}.{operation}", fail_or_pass)
    return calls
