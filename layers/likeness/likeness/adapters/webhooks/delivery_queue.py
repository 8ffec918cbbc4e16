"""The queue of chains whose deliveries are due: ids only."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from likeness.adapters.aws_errors import domain_errors
from likeness.domain.errors import Unavailable
from likeness.domain.webhooks.delivery import LONGEST_PAUSE_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_sqs.client import SQSClient

    from likeness.domain.webhooks.delivery import Chain

AT_ONCE = 10  # entries that SendMessageBatch takes


class SqsDeliveryQueue:
    """A standard queue. The webhook is the message group, so that SQS shares the senders fairly.

    SQS, SendMessage, MessageGroupId: "When one tenant sends a disproportionately large volume of
    messages or has messages that require longer processing time, fair queues ensure other tenants'
    messages maintain low dwell time."
    """

    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url

    def put(self, chains: Sequence[Chain], *, delay_s: float = 0) -> None:
        delay = min(LONGEST_PAUSE_S, math.ceil(delay_s))
        for start in range(0, len(chains), AT_ONCE):
            with domain_errors():
                sent = self._client.send_message_batch(
                    QueueUrl=self._url,
                    Entries=[
                        {
                            "Id": str(n),
                            "MessageBody": chain.model_dump_json(),
                            "MessageGroupId": chain.webhook_id,
                            "DelaySeconds": delay,
                        }
                        for n, chain in enumerate(chains[start : start + AT_ONCE])
                    ],
                )
            if failed := sent.get("Failed"):
                raise Unavailable(f"SendMessageBatch returned {failed[0]['Code']}")
