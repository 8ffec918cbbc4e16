"""The event bus and its dead-letter queue: the fakes, and EventBridge and SQS."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from likeness.adapters.jobs.event_bus import PAUSES_S, EventBridgeBus, EventDeadLetterQueue
from likeness.domain.errors import Unavailable
from likeness.events import JobStateChanged, StreamRecord, UserErased
from tests.builders import JOB, NOW, OTHER_JOB, USER, an_event
from tests.fakes import FakeEventBus, FakeEventDeadLetters
from tests.integration.aws_answers import answer, fail

if TYPE_CHECKING:
    from collections.abc import Callable

    from likeness.ports.jobs import EventBus, EventDeadLetters

BUS = "likeness-test"
UNREADABLE = StreamRecord(sequence="0042", fault="missing: 'at'")


@dataclass
class Aws:
    """The adapter on moto, with a consumer's queue behind a rule."""

    bus: EventBridgeBus
    client: Any
    pauses: list[float]
    heard: Callable[[], list[dict[str, Any]]]


def drain(sqs: Any, url: str) -> list[dict[str, Any]]:
    """Receives and deletes all messages of a queue."""
    found = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found += [json.loads(one["Body"]) for one in messages]
        for one in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
    return found


@pytest.fixture
def real(aws, session) -> Aws:
    client, sqs = session.client("events"), session.client("sqs")
    url = sqs.create_queue(QueueName="consumer")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    client.create_event_bus(Name=BUS)
    pattern = json.dumps({"source": ["likeness"]})
    client.put_rule(Name="consumer", EventBusName=BUS, EventPattern=pattern)
    target = {"Id": "queue", "Arn": arn["QueueArn"]}
    client.put_targets(Rule="consumer", EventBusName=BUS, Targets=[target])
    pauses: list[float] = []
    return Aws(EventBridgeBus(client, BUS, pauses.append), client, pauses, lambda: drain(sqs, url))


@pytest.fixture
def bus(kind, request) -> tuple[EventBus, Callable[[], list[str]]]:
    """A bus, and the ids of the events that a consumer received."""
    if kind == "fake":
        fake = FakeEventBus()
        return fake, lambda: [event.event_id for event in fake.events]
    real = request.getfixturevalue("real")
    return real.bus, lambda: [one["detail"]["event_id"] for one in real.heard()]


def test_a_published_event_is_delivered(bus):
    port, heard = bus

    assert port.publish([an_event(JOB, 3), an_event(OTHER_JOB, 1)]) == []

    assert sorted(heard()) == [f"{JOB}-3", f"{OTHER_JOB}-1"]


def test_a_consumer_reads_the_event_that_was_published(real):
    event = an_event(state="refused", previous="moderating", reason="POLICY.NUDITY")

    real.bus.publish([event])

    (heard,) = real.heard()
    assert (heard["source"], heard["detail-type"]) == ("likeness", "JobStateChanged")
    assert JobStateChanged.model_validate(heard["detail"]) == event
    assert heard["detail"]["at"] == NOW.isoformat().replace("+00:00", "Z")


def test_the_detail_type_is_the_events(real):
    about = {"event_id": "e-done", "at": NOW, "user_id": USER, "erasure_id": f"e{1:032x}"}
    real.bus.publish([UserErased(**about, jobs=1, objects=2)])

    (heard,) = real.heard()
    assert heard["detail-type"] == "UserErased"
    assert heard["detail"]["user_id"] == USER


def refusing(client: Any, *refused: set[int]) -> list[list[str]]:
    """Each call refuses the entries with these numbers; the list records each call's entries."""
    asked: list[list[str]] = []
    left = iter(refused)

    def leave_out(params: dict[str, Any], **_: Any) -> Any:
        entries = json.loads(params["body"])["Entries"]
        asked.append([json.loads(one["Detail"])["event_id"] for one in entries])
        without = next(left, set())
        answers = [
            {"ErrorCode": "ThrottlingException"} if n in without else {"EventId": str(n)}
            for n in range(len(entries))
        ]
        return answer(200, {"FailedEntryCount": len(without), "Entries": answers})

    client.meta.events.register("before-call.eventbridge.PutEvents", leave_out)
    return asked


def test_only_refused_events_are_sent_again(real):
    asked = refusing(real.client, {1})
    events = [an_event(JOB, 1), an_event(OTHER_JOB, 1)]

    assert real.bus.publish(events) == []

    assert asked == [[f"{JOB}-1", f"{OTHER_JOB}-1"], [f"{OTHER_JOB}-1"]]
    assert real.pauses == [PAUSES_S[0]]


def test_an_event_that_is_never_accepted_is_returned(real):
    asked = refusing(real.client, {0}, {0}, {0})
    events = [an_event(JOB, 1), an_event(OTHER_JOB, 1)]

    assert real.bus.publish(events) == [events[0]]

    assert len(asked) == 1 + len(PAUSES_S)
    assert real.pauses == list(PAUSES_S)


@pytest.mark.parametrize("code", ["InternalException", "AccessDeniedException"])
def test_a_bus_that_does_not_respond_is_unavailable(real, code):
    fail(real.client, "PutEvents", code, times=99)

    with pytest.raises(Unavailable, match=code):
        real.bus.publish([an_event()])


@pytest.fixture
def dead_letters(kind, request) -> tuple[EventDeadLetters, Callable[[], list[dict[str, Any]]]]:
    if kind == "fake":
        fake = FakeEventDeadLetters()
        return fake, lambda: [
            {"sequence": one.sequence, "fault": one.fault} for one in fake.letters
        ]
    request.getfixturevalue("aws")
    sqs = request.getfixturevalue("session").client("sqs")
    url = sqs.create_queue(QueueName="unannounced")["QueueUrl"]
    return EventDeadLetterQueue(sqs, url), lambda: drain(sqs, url)


def test_a_dead_letter_has_the_sequence_number_and_the_error(dead_letters):
    port, letters = dead_letters

    port.put(UNREADABLE)

    assert letters() == [{"sequence": "0042", "fault": "missing: 'at'"}]
