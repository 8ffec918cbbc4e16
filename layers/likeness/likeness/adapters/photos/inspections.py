"""Inspect an upload whose S3 event was lost: send the same event to the function."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from likeness.adapters.aws_errors import domain_errors
from likeness.adapters.s3.object_keys import upload as upload_key

if TYPE_CHECKING:
    from mypy_boto3_lambda.client import LambdaClient

    from likeness.domain.ids import JobId
    from likeness.ports.photos import Upload


class LambdaInspections:
    def __init__(self, client: LambdaClient, function: str) -> None:
        self._client = client
        self._function = function

    def request(self, job_id: JobId, upload: Upload) -> None:
        uploaded = {"key": upload_key(job_id, upload.photo_id), "etag": upload.etag}
        event: dict[str, object] = {"detail": {"object": uploaded}}
        if upload.uploaded_at:
            event["time"] = upload.uploaded_at.isoformat()
        with domain_errors():
            self._client.invoke(
                FunctionName=self._function,
                InvocationType="Event",
                Payload=json.dumps(event).encode(),
            )
