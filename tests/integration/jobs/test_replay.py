"""The command that sends missed events to the webhook, on EventBridge and SQS."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from infra import replay as command
from infra.replay import CannotReplay, replay
from tests.builders import JOB, an_event
from tests.integration.aws_answers import answer
from tests.integration.jobs.test_event_bus_port import drain

if TYPE_CHECKING:
    from collections.abc import Callable

STACK = "likeness-test"


class Stack:
    """A stack's webhook: its queue, its bus, and a consumer in place of the HTTP target."""

    def __init__(self, session: Any) -> None:
        made: dict[str, Any] = {}

        def client(service: str) -> Any:
            return made.setdefault(service, session.client(service))

        self.clients: Callable[[str], Any] = client
        self.sqs, self.events = client("sqs"), client("events")
        self.queue = self.sqs.create_queue(QueueName="webhook-queue")["QueueUrl"]
        self.webhook = self.sqs.create_queue(QueueName="webhook")["QueueUrl"]
        self.events.create_event_bus(Name="replays")
        self.outputs = {"WebhookQueue": self.queue, "ReplayBus": "replays"}
        described = "before-call.cloudformation.DescribeStacks"  # moto's needs more packages
        client("cloudformation").meta.events.register(described, self.describe)

    def describe(self, params: dict[str, Any], **_: Any) -> Any:
        name = params["body"]["StackName"]
        if name == "unknown":
            fault = {"Code": "ValidationError", "Message": "Stack with id unknown does not exist"}
            return answer(400, {"Error": fault})
        outputs = self.outputs if name == STACK else {}
        output = [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()]
        return answer(200, {"Stacks": [{"StackName": name, "Outputs": output}]})

    def connect(self) -> None:
        about = self.sqs.get_queue_attributes(QueueUrl=self.webhook, AttributeNames=["QueueArn"])
        pattern = json.dumps({"source": ["likeness"]})
        self.events.put_rule(Name="again", EventBusName="replays", EventPattern=pattern)
        target = {"Id": "webhook", "Arn": about["Attributes"]["QueueArn"]}
        self.events.put_targets(Rule="again", EventBusName="replays", Targets=[target])

    def letter(self, body: Any) -> None:
        text = body if isinstance(body, str) else json.dumps(body)
        self.sqs.send_message(QueueUrl=self.queue, MessageBody=text)

    def waiting(self) -> int:
        """The number of dead letters in the queue, including those in flight."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=names)
        return sum(int(count) for count in found["Attributes"].values())

    def replay(self, limit: int | None = None) -> dict[str, int]:
        return dict(replay(self.clients, stack=STACK, limit=limit))


@pytest.fixture(autouse=True)
def short(monkeypatch) -> None:
    monkeypatch.setattr(command, "WAIT_S", 0)


@pytest.fixture
def stack(aws, session) -> Stack:
    made = Stack(session)
    made.connect()
    return made


def detail(version: int = 1) -> dict[str, Any]:
    return an_event(JOB, version).model_dump(mode="json")


def test_every_dead_letter_is_sent_once_and_deleted(stack):
    for version in range(1, 24):
        stack.letter(detail(version))

    assert stack.replay() == {"sent": 23, "refused": 0, "unreadable": 0}

    heard = drain(stack.sqs, stack.webhook)
    assert {one["detail"]["event_id"] for one in heard} == {f"{JOB}.{n}" for n in range(1, 24)}
    assert len(heard) == 23
    assert stack.waiting() == 0


def test_a_dead_letter_in_an_envelope_is_the_same_event(stack):
    stack.letter({"source": "likeness", "detail-type": "JobStateChanged", "detail": detail()})

    stack.replay()

    (heard,) = drain(stack.sqs, stack.webhook)
    assert heard["detail"] == detail()


@pytest.mark.parametrize("body", ["no json", "[]", "7", {"detail": 7}, {"hello": "world"}])
def test_a_message_that_is_not_an_event_stays_in_the_queue(stack, body):
    stack.letter(body)
    stack.letter(detail())

    assert stack.replay() == {"sent": 1, "refused": 0, "unreadable": 1}

    assert stack.waiting() == 1


def test_only_accepted_events_are_deleted(stack):
    stack.letter(detail(1))
    stack.letter(detail(2))

    def take_one(params: dict[str, Any], **_: Any) -> Any:
        entries = json.loads(params["body"])["Entries"]
        taken = [
            {"EventId": "e"} if f"{JOB}.1" in one["Detail"] else {"ErrorCode": "Throttled"}
            for one in entries
        ]
        return answer(200, {"FailedEntryCount": 1, "Entries": taken})

    stack.events.meta.events.register("before-call.eventbridge.PutEvents", take_one)

    assert stack.replay() == {"sent": 1, "refused": 1, "unreadable": 0}

    assert stack.waiting() == 1


def test_an_event_that_comes_back_during_the_run_stays_visible_for_the_next_run(stack):
    """A webhook that responds with 400 returns an event at once."""
    stack.letter(detail(1))
    stack.events.meta.events.register(
        "before-call.eventbridge.PutEvents", lambda **_: stack.letter(detail(1))
    )

    assert stack.replay()["sent"] == 1

    (left,) = stack.sqs.receive_message(QueueUrl=stack.queue)["Messages"]
    assert json.loads(left["Body"]) == detail(1)


def test_a_message_that_stays_is_visible_at_once(stack):
    stack.letter("no json")

    stack.replay()

    assert stack.sqs.receive_message(QueueUrl=stack.queue)["Messages"]


def test_no_more_than_the_limit_is_sent(stack):
    for version in range(1, 13):
        stack.letter(detail(version))

    assert stack.replay(limit=11)["sent"] == 11

    assert stack.waiting() == 1


def test_without_a_webhook_nothing_is_sent(aws, session):
    alone = Stack(session)
    alone.letter(detail())

    with pytest.raises(CannotReplay, match="WebhookUrl"):
        alone.replay()

    assert alone.waiting() == 1


def test_a_disabled_webhook_counts_as_none(stack):
    stack.events.disable_rule(Name="again", EventBusName="replays")

    with pytest.raises(CannotReplay):
        stack.replay()


def test_a_stack_of_another_product_is_named_in_the_error(stack):
    with pytest.raises(CannotReplay, match="other has no webhook queue"):
        replay(stack.clients, stack="other")


def run(monkeypatch: pytest.MonkeyPatch, stack: Stack, *arguments: str) -> Any:
    monkeypatch.setattr("sys.argv", ["infra.replay", *arguments])
    monkeypatch.setattr(command.boto3, "client", stack.clients)
    with pytest.raises(SystemExit) as ended:
        command.main()
    return ended.value.code


def test_the_command_reports_what_it_did(stack, monkeypatch, capsys):
    stack.letter(detail())

    assert run(monkeypatch, stack, "--stack", STACK) == 0

    assert re.match(r"1 sent again, 0 not accepted", capsys.readouterr().out)


def test_the_command_fails_if_a_message_is_left(stack, monkeypatch):
    stack.letter("no json")

    assert run(monkeypatch, stack, "--stack", STACK) == 1


def test_the_command_reports_a_failure_in_one_sentence(stack, monkeypatch):
    output = run(monkeypatch, stack, "--stack", "unknown")

    assert "unknown" in output
    assert "\n" not in output
