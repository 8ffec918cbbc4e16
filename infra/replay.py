"""Send failed webhook events again: python -m infra.replay --stack likeness-prod.

Uses the AWS credentials, region and endpoint of its environment. docs/events.md says when to run
it.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    NoRegionError,
)

from likeness.events import JOB_STATE_CHANGED, SOURCE, JobStateChanged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Clients = Callable[[str], Any]  # a service's name to its client
    Message = dict[str, Any]

AT_ONCE = 10  # the most that ReceiveMessage returns and PutEvents accepts
HIDDEN_S = 120  # visibility timeout: a second replay does not see these messages
WAIT_S = 1  # long polling asks every server of the queue, short polling only some


class CannotReplay(Exception):
    """Nothing was sent. The message says why and what to do."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m infra.replay", description=__doc__)
    parser.add_argument("--stack", required=True, help="the deployed stack: likeness-dev")
    parser.add_argument("--limit", type=int, help="events at most; try 1 first")
    options = parser.parse_args()
    clients: Any = boto3.client  # the stubs know only names in the source
    try:
        counts = replay(clients, stack=options.stack, limit=options.limit)
    except (NoCredentialsError, NoRegionError):
        sys.exit("Set AWS_REGION and the AWS credentials of the stack's account.")
    except (CannotReplay, ClientError, BotoCoreError) as error:
        sys.exit(str(error))
    sys.stdout.write(
        f"{counts['sent']} sent again, {counts['refused']} not accepted and left in the queue, "
        f"{counts['unreadable']} unreadable and left in the queue\n"
    )
    sys.exit(1 if counts["refused"] or counts["unreadable"] else 0)


def replay(clients: Clients, *, stack: str, limit: int | None = None) -> Counter[str]:
    """Put every event of the queue on the replay bus, to which only the webhook listens.

    A message is deleted once EventBridge has accepted its event. EventBridge retries for a day; if
    the webhook is still down, the event returns to the queue and stays there. A crash between
    accepting and deleting sends an event twice, with the same event_id.

    Returns counts of events "sent", "refused" by the bus and "unreadable". Raises CannotReplay if
    the stack has no webhook: the bus would then drop every event.
    """
    outputs = outputs_of(clients, stack)
    queue, bus = outputs["WebhookQueue"], outputs["ReplayBus"]
    events, sqs = clients("events"), clients("sqs")
    rules = events.list_rules(EventBusName=bus)["Rules"]
    if not any(rule["State"] == "ENABLED" for rule in rules):
        raise CannotReplay(f"{stack} has no webhook: deploy it with WebhookUrl, then replay")
    counts: Counter[str] = Counter(sent=0, refused=0, unreadable=0)
    held: dict[str, str] = {}  # messages hidden by this run: id to receipt handle
    try:
        for messages in waiting(sqs, queue, held, limit):
            read = [(one, detail_of(one["Body"])) for one in messages]
            readable = [(one, entry(bus, detail)) for one, detail in read if detail]
            counts["unreadable"] += len(messages) - len(readable)
            if not readable:
                continue
            answers = events.put_events(Entries=[one for _, one in readable])["Entries"]
            pairs = zip(readable, answers, strict=True)
            accepted = [message for (message, _), answer in pairs if "EventId" in answer]
            counts["sent"] += len(accepted)
            counts["refused"] += len(readable) - len(accepted)
            delete(sqs, queue, held, accepted)
    finally:
        for receipt in held.values():
            sqs.change_message_visibility(
                QueueUrl=queue, ReceiptHandle=receipt, VisibilityTimeout=0
            )
    return counts


def outputs_of(clients: Clients, stack: str) -> dict[str, str]:
    described = clients("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    outputs = {one["OutputKey"]: one["OutputValue"] for one in described.get("Outputs", ())}
    if not {"WebhookQueue", "ReplayBus"} <= outputs.keys():
        raise CannotReplay(f"{stack} has no webhook queue: is it a Likeness stack?")
    return outputs


def waiting(
    sqs: Any, queue: str, held: dict[str, str], limit: int | None
) -> Iterator[list[Message]]:
    """Messages that were in the queue at the start, not those that return to it later."""
    began_ms, given = time.time() * 1000, 0
    while limit is None or given < limit:
        answer = sqs.receive_message(
            QueueUrl=queue,
            MaxNumberOfMessages=AT_ONCE if limit is None else min(AT_ONCE, limit - given),
            VisibilityTimeout=HIDDEN_S,
            WaitTimeSeconds=WAIT_S,
            MessageSystemAttributeNames=["SentTimestamp"],
        )
        received: list[Message] = answer.get("Messages", [])
        fresh = [
            one
            for one in received
            if one["MessageId"] not in held and int(one["Attributes"]["SentTimestamp"]) <= began_ms
        ]
        if not received or any(one["MessageId"] in held for one in received):
            return  # the queue is empty, or this run took so long that a message is visible again
        held |= {one["MessageId"]: one["ReceiptHandle"] for one in received}
        given += len(fresh)
        if fresh:
            yield fresh


def detail_of(body: str) -> JobStateChanged | None:
    """The event of a dead letter, with or without its EventBridge envelope; None if unreadable."""
    try:
        event = json.loads(body)
        return JobStateChanged.model_validate(event.get("detail", event))
    except (ValueError, AttributeError):  # pydantic's error is a ValueError
        return None


def entry(bus: str, detail: JobStateChanged) -> dict[str, Any]:
    return {
        "EventBusName": bus,
        "Source": SOURCE,
        "DetailType": JOB_STATE_CHANGED,
        "Detail": detail.model_dump_json(),
        "Time": detail.at,
    }


def delete(sqs: Any, queue: str, held: dict[str, str], messages: Sequence[Message]) -> None:
    if not messages:
        return
    answer = sqs.delete_message_batch(
        QueueUrl=queue,
        Entries=[
            {"Id": str(n), "ReceiptHandle": one["ReceiptHandle"]} for n, one in enumerate(messages)
        ],
    )
    for failed in answer.get("Failed", ()):
        message_id = messages[int(failed["Id"])]["MessageId"]
        sys.stderr.write(f"sent, but still in the queue: message {message_id}\n")
    for done in answer.get("Successful", ()):
        del held[messages[int(done["Id"])]["MessageId"]]


if __name__ == "__main__":
    main()
