"""Each change of a job's state is published once; a webhook misses no event."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from infra.laptop.project import STACK
from infra.replay import replay
from laptop_cloud import cloud, places, processes
from likeness.adapters.clock import SystemClock
from likeness.adapters.jobs.jobs_table import JobsTable
from likeness.domain.ids import JobId
from likeness.domain.jobs.job import JobState
from likeness.events import JobStateChanged
from tests.builders import NOW
from tests.stack.people import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from laptop_cloud.cloud import Cloud

SECRET = "only-the-receiver-knows"  # noqa: S105 - of this test alone
BAD_END = JobState.EXPIRED


@dataclass
class Receiver:
    """The app backend's webhook; tests can take it down."""

    port: int
    got: list[dict[str, Any]] = field(default_factory=list)
    secrets: set[str | None] = field(default_factory=set)
    server: ThreadingHTTPServer | None = None

    def begin(self) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.secrets.add(self.headers["X-Likeness-Secret"])
                receiver.got.append(json.loads(body))
                self.send_response(HTTPStatus.NO_CONTENT)
                self.end_headers()

            def log_message(self, *_: Any) -> None: ...

        self.server = ThreadingHTTPServer((places.HOST, self.port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def end(self) -> None:
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def of(self, job_id: str) -> list[JobStateChanged]:
        return [JobStateChanged.model_validate(one) for one in self.got if one["job_id"] == job_id]


@pytest.fixture(scope="module")
def webhook() -> Iterator[Receiver]:
    receiver = Receiver(processes.free_port())
    yield receiver
    receiver.end()


@pytest.fixture(scope="module")
def connected(running: Cloud, webhook: Receiver) -> Cloud:
    """The same stack, updated with a webhook, which gets a single retry."""
    parameters = {
        **running.project.parameters,
        "WebhookUrl": f"http://{places.HOST}:{webhook.port}/events",
        "WebhookSecret": SECRET,
        "WebhookRetries": "1",
    }
    return cloud.deploy(replace(running.project, parameters=parameters))


@pytest.fixture(scope="module")
def bus(connected: Cloud, ops: Callable[[str], Any]) -> Callable[[str], list[dict[str, Any]]]:
    """A job's events as a consumer of the bus gets them: by its own rule, in a queue."""
    sqs, events = ops("sqs"), ops("events")
    queue = sqs.create_queue(QueueName="consumer")["QueueUrl"]
    about = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": about["QueueArn"],
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    name = connected.outputs["EventBus"]
    pattern = json.dumps({"source": ["likeness"], "detail-type": ["JobStateChanged"]})
    events.put_rule(Name="consumer", EventBusName=name, EventPattern=pattern)
    target = {"Id": "queue", "Arn": about["QueueArn"]}
    events.put_targets(Rule="consumer", EventBusName=name, Targets=[target])
    heard: list[dict[str, Any]] = []

    def of(job_id: str) -> list[dict[str, Any]]:
        while messages := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for message in messages:
                heard.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return [event for event in heard if event["detail"]["job_id"] == job_id]

    return of


@pytest.fixture(scope="module")
def jobs(connected: Cloud) -> JobsTable:
    import boto3  # noqa: PLC0415 - only this test writes to the table

    user = connected.ops_credentials()
    table = boto3.resource(
        "dynamodb",
        endpoint_url=connected.endpoint,
        region_name=places.REGION,
        aws_access_key_id=user.access_key,
        aws_secret_access_key=user.secret_key,
        aws_session_token=user.session_token,
    ).Table(connected.outputs["Table"])
    return JobsTable(table, SystemClock())


def settled(heard: Callable[[], list[Any]], count: int) -> list[Any]:
    """The events once `count` have come, and a moment later, so that an extra one is seen."""
    until(lambda: len(heard()) >= count, patience=60)
    time.sleep(2)
    return heard()


def test_each_state_of_a_running_job_is_announced_once(person, backend, bus, selfies):
    job_id = person.hands_in(*selfies[:3], avatars=2)
    backend.submit_job(job_id)
    person.sees_end(job_id)

    heard = settled(lambda: bus(job_id), 5)

    events = sorted((JobStateChanged.model_validate(one["detail"]) for one in heard), key=version)
    states = [event.state for event in events]
    assert len({event.event_id for event in events}) == len(events)
    assert states == ["open", "moderating", "generating", "finishing", "completed"]
    assert [event.previous for event in events] == [None, *states[:-1]]
    assert person.user_id not in json.dumps(heard)


def test_each_state_of_a_cancelled_job_is_announced(person, backend, bus):
    job_id = backend.create_job(person.order())["job_id"]
    backend.cancel_job(job_id)
    person.sees_end(job_id)

    heard = settled(lambda: bus(job_id), 3)

    events = sorted((JobStateChanged.model_validate(one["detail"]) for one in heard), key=version)
    assert [event.state for event in events] == ["open", "cancelling", "cancelled"]


def test_a_change_without_a_new_state_is_not_announced(person, backend, bus, jobs, webhook):
    webhook.begin()
    job_id = JobId(backend.create_job(person.order())["job_id"])
    job = jobs.get(job_id)
    same_state = job.change(attempt=1)
    jobs.save(same_state)
    jobs.save(same_state.move(BAD_END, NOW))

    heard = settled(lambda: bus(job_id), 2)
    called = settled(lambda: webhook.of(job_id), 2)
    webhook.end()

    assert {one["detail"]["state"] for one in heard} == {"open", BAD_END}
    assert len(heard) == len(called) == 2
    assert {event.event_id for event in called} == {f"{job_id}.1", f"{job_id}.3"}
    assert webhook.secrets == {SECRET}


def test_a_replay_sends_missed_events_to_the_webhook_only(
    person, backend, bus, webhook, connected, ops
):
    job_id = backend.create_job(person.order())["job_id"]
    letters = queue_of(ops("sqs"), connected.outputs["WebhookQueue"])
    until(lambda: any(job_id in letter for letter in letters()), patience=60)

    replayed = replay(ops, stack=STACK)  # it is still down
    assert replayed["sent"]
    until(lambda: any(job_id in letter for letter in letters()), patience=60)

    webhook.begin()
    until(lambda: replay(ops, stack=STACK)["sent"] == 0 and not letters(), patience=60)

    assert [event.state for event in settled(lambda: webhook.of(job_id), 1)] == ["open"]
    assert len(bus(job_id)) == 1
    webhook.end()


def test_a_dead_letter_contains_only_ids_states_and_reasons(
    person, backend, webhook, connected, ops
):
    job_id = backend.create_job(person.order())["job_id"]
    letters = queue_of(ops("sqs"), connected.outputs["WebhookQueue"])
    until(lambda: any(job_id in letter for letter in letters()), patience=60)

    for letter in letters():
        assert json.loads(letter).keys() == JobStateChanged.model_fields.keys()
        assert person.user_id not in letter


def test_without_its_permission_nothing_is_announced_and_nothing_is_lost(
    person, backend, bus, without_permission
):
    with without_permission("AnnounceChangesFunction", "PutEvents"):
        job_id = backend.create_job(person.order())["job_id"]
        time.sleep(3)
        assert not bus(job_id)

    assert len(settled(lambda: bus(job_id), 1)) == 1


def version(event: JobStateChanged) -> int:
    return event.version


def queue_of(sqs: Any, url: str) -> Callable[[], list[str]]:
    """The bodies of waiting messages; they stay in the queue."""

    def bodies() -> list[str]:
        found: dict[str, str] = {}
        while True:
            answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
            fresh = {one["MessageId"]: one["Body"] for one in answer.get("Messages", ())}
            if not fresh.keys() - found.keys():
                return list(found.values())
            found |= fresh

    return bodies
