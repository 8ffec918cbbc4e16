"""Pending decisions on an SQS queue."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from likeness.adapters.aws_errors import domain_errors

if TYPE_CHECKING:
    from datetime import timedelta

    from mypy_boto3_sqs.client import SQSClient

    from likeness.domain.ids import ReviewId

LONGEST_DELAY_S = 900  # SQS API reference, SendMessage: DelaySeconds


class PendingDecisionQueue:
    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url

    def schedule(self, review_id: ReviewId, *, after: timedelta) -> None:
        """Whole seconds, rounded up: a message that is early has to be delivered again."""
        delay = min(LONGEST_DELAY_S, math.ceil(after.total_seconds()))
        with domain_errors():
            self._client.send_message(QueueUrl=self._url, MessageBody=review_id, DelaySeconds=delay)
