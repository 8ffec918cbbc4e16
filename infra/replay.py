"""Send the webhook again what it did not take: python -m infra.replay --stack likeness-prod.

It works with the AWS credentials, region and endpoint of its environment. docs/events.md says when.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from likeness.events import JOB_STATE_CHANGED, SOURCE, JobStateChanged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Clients = Callable[[str], Any]  # a service's name to its client
    Message = dict[str, Any]

AT_ONCE = 10  # messages that SQS hands out, and entries that PutEvents takes
HIDDEN_S = 120  # from a second replay, while this one works on a message
WAIT_S = 1  # any wait asks every server of the queue, not only a few


class CannotReplay(Exception):
    """Nothing was sent; the message says why and what to do."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m infra.replay", description=__doc__)
    parser.add_argument("--stack", required=True, help="the deployed stack: likeness-dev")
    parser.add_argument("--limit", type=int, help="events at most; try 1 first")
    asked = parser.parse_args()
    clients: Any = boto3.client  # the stubs know only names in the source
    try:
        told = replay(clients, stack=asked.stack, limit=asked.limit)
    except (CannotReplay, ClientError, BotoCoreError) as error:
        sys.exit(str(error))
    sys.stdout.write(
        f"{told['sent']} sent again, {told['refused']} not accepted and kept, "
        f"{told['unreadable']} unreadable and kept\n"
    )
    sys.exit(1 if told["refused"] or told["unreadable"] else 0)


def replay(clients: Clients, *, stack: str, limit: int | None = None) -> Counter[str]:
    """Put every waiting event on the bus that the webhook alone listens to.

    A message is deleted once EventBridge has accepted its event, which it then tries for a day; if
    the webhook is still down, the event comes back to the queue and is left there. A crash between
    the two sends an event twice, under the same event_id.

    Counts what was "sent", "refused" by the bus and "unreadable"; raises CannotReplay where there
    is no webhook, for then the bus would swallow what it is given.
    """
    outputs = outputs_of(clients, stack)
    queue, bus = outputs["WebhookQueue"], outputs["ReplayBus"]
    events, sqs = clients("events"), clients("sqs")
    rules = events.list_rules(EventBusName=bus)["Rules"]
    if not any(rule["State"] == "ENABLED" for rule in rules):
        raise CannotReplay(f"{stack} has no webhook: deploy it with WebhookUrl, then replay")
    told: Counter[str] = Counter(sent=0, refused=0, unreadable=0)
    held: dict[str, str] = {}  # what we hide from others: message ids and their receipts
    try:
        for messages in waiting(sqs, queue, held, limit):
            read = [(one, detail_of(one["Body"])) for one in messages]
            readable = [(one, entry(bus, detail)) for one, detail in read if detail]
            told["unreadable"] += len(messages) - len(readable)
            if not readable:
                continue
            answers = events.put_events(Entries=[one for _, one in readable])["Entries"]
            pairs = zip(readable, answers, strict=True)
            accepted = [message for (message, _), answer in pairs if "EventId" in answer]
            told["sent"] += len(accepted)
            told["refused"] += len(readable) - len(accepted)
            delete(sqs, queue, held, accepted)
    finally:
        for receipt in held.values():
            sqs.change_message_visibility(
                QueueUrl=queue, ReceiptHandle=receipt, VisibilityTimeout=0
            )
    return told


def outputs_of(clients: Clients, stack: str) -> dict[str, str]:
    described = clients("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    outputs = {one["OutputKey"]: one["OutputValue"] for one in described.get("Outputs", ())}
    if not {"WebhookQueue", "ReplayBus"} <= outputs.keys():
        raise CannotReplay(f"{stack} has no queue of the webhook: is it a stack of Likeness?")
    return outputs


def waiting(
    sqs: Any, queue: str, held: dict[str, str], limit: int | None
) -> Iterator[list[Message]]:
    """What waited in the queue when we began; not what comes back to it meanwhile."""
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
            return  # nothing is left, or we have been at it for so long that it begins anew
        held |= {one["MessageId"]: one["ReceiptHandle"] for one in received}
        given += len(fresh)
        if fresh:
            yield fresh


def detail_of(body: str) -> JobStateChanged | None:
    """The event in a dead letter: alone, as the rule's target gets it, or with its envelope."""
    try:
        told = json.loads(body)
        return JobStateChanged.model_validate(told.get("detail", told))
    except (ValueError, AttributeError):  # pydantic's is a ValueError
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
