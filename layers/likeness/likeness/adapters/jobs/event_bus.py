"""The event bus of the stage, and the dead-letter queue of events."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from likeness.adapters.aws_errors import domain_errors
from likeness.events import SOURCE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mypy_boto3_events.client import EventBridgeClient
    from mypy_boto3_sqs.client import SQSClient

    from likeness.events import Event, StreamRecord

PAUSES_S = (0.2, 0.8)  # before the second and third attempt


class EventBridgeBus:
    def __init__(
        self,
        client: EventBridgeClient,
        name: str,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._name = name
        self._sleep = sleep

    def publish(self, events: Sequence[Event]) -> list[Event]:
        """PutEvents accepts or refuses each entry: only refused ones are sent again."""
        left = self._put(events)
        for pause in PAUSES_S:
            if not left:
                break
            self._sleep(pause)
            left = self._put(left)
        return left

    def _put(self, events: Sequence[Event]) -> list[Event]:
        with domain_errors():
            response = self._client.put_events(
                Entries=[
                    {
                        "EventBusName": self._name,
                        "Source": SOURCE,
                        "DetailType": event.type,
                        "Detail": event.model_dump_json(),
                        "Time": event.at,
                    }
                    for event in events
                ]
            )
        results = zip(events, response["Entries"], strict=True)
        return [event for event, entry in results if "EventId" not in entry]


class EventDeadLetterQueue:
    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url

    def put(self, change: StreamRecord) -> None:
        """The sequence number finds the record in the stream, which stores it for a day."""
        letter = {"sequence": change.sequence, "fault": change.fault}
        with domain_errors():
            self._client.send_message(QueueUrl=self._url, MessageBody=json.dumps(letter))
