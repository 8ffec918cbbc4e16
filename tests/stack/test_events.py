"""Each change is published once, on the bus and to webhooks, and a webhook misses no event."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from standardwebhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from infra.laptop.webhook import call, register
from laptop_cloud import places
from likeness.adapters.clock import SystemClock
from likeness.adapters.jobs.jobs_table import JobsTable
from likeness.domain.ids import JobId
from likeness.domain.jobs.job import JobState
from likeness.events import EVENTS
from tests.builders import NOW
from tests.stack.people import Person, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from laptop_cloud.cloud import Cloud

BAD_END = JobState.EXPIRED
METADATA = {"order": "2026-1187"}
STATES = ["open", "moderating", "generating", "finishing", "completed"]


@dataclass
class Request:
    """What the receiver got, and what it responded."""

    event_id: str
    body: dict[str, Any]
    status: int
    secrets: tuple[str, ...]  # those that verify it

    @property
    def data(self) -> dict[str, Any]:
        data: dict[str, Any] = self.body["data"]
        return data


@dataclass
class Receiver:
    """The app backend's webhook. It verifies each request with the specification's library.

    `responds` has the status for a request, by the event's type and id; else it is 204.
    """

    secrets: list[str] = field(default_factory=list)
    got: list[Request] = field(default_factory=list)
    unverified: int = 0
    responds: Callable[[str, str], int] = lambda _type, _id: 204  # noqa: E731
    server: Any = None

    def begin(self, port: int = 0) -> str:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(receiver.take(dict(self.headers.items()), body))
                self.end_headers()

            def log_message(self, *_: Any) -> None: ...

        self.server = ThreadingHTTPServer((places.HOST, port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://{places.HOST}:{self.server.server_address[1]}/events"

    def take(self, headers: dict[str, str], body: bytes) -> int:
        valid = tuple(secret for secret in self.secrets if verifies(secret, headers, body))
        if not valid:
            self.unverified += 1
            return 401
        read = json.loads(body)
        status = self.responds(read["type"], headers["webhook-id"])
        self.got.append(Request(headers["webhook-id"], read, status, valid))
        return status

    def end(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def about(self, subject: str) -> list[Request]:
        return [one for one in self.got if one.event_id.startswith(subject)]


def verifies(secret: str, headers: dict[str, str], body: bytes) -> bool:
    try:
        Verifier(secret).verify(body, headers)
    except WebhookVerificationError:
        return False
    return True


@dataclass
class App:
    """A receiver that is registered as a webhook."""

    running: Cloud
    receiver: Receiver
    url: str
    webhook_id: str

    def ask(self, method: str, path: str = "", body: Any = None) -> Any:
        return call(self.running, method, f"/v1/webhooks/{self.webhook_id}{path}", body)

    def waits_for(self, kind: str, subject: str) -> None:
        until(lambda: any(one.body["type"] == kind for one in self.receiver.about(subject)))

    def deliveries(self, state: str) -> dict[str, Any]:
        listed = self.ask("GET", f"/deliveries?state={state}&limit=100")["deliveries"]
        return {one["event_id"]: one for one in listed}


@pytest.fixture
def app(running: Cloud) -> Iterator[App]:
    receiver = Receiver()
    url = receiver.begin()
    webhook_id, secret = register(running, url)
    receiver.secrets.append(secret)
    app = App(running, receiver, url, webhook_id)
    yield app
    app.ask("DELETE")
    receiver.end()


@pytest.fixture(scope="module")
def bus(running: Cloud, ops: Callable[[str], Any]) -> Callable[[str], list[dict[str, Any]]]:
    """A job's events as a consumer of the bus gets them: by its own rule, in a queue."""
    sqs, events = ops("sqs"), ops("events")
    queue = sqs.create_queue(QueueName="hears-events")["QueueUrl"]
    about = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": about["QueueArn"],
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    name = running.outputs["EventBus"]
    pattern = json.dumps({"source": ["likeness"]})
    events.put_rule(Name="consumer", EventBusName=name, EventPattern=pattern)
    target = {"Id": "queue", "Arn": about["QueueArn"]}
    events.put_targets(Rule="consumer", EventBusName=name, Targets=[target])
    heard: list[dict[str, Any]] = []

    def of(subject: str) -> list[dict[str, Any]]:
        while messages := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for message in messages:
                heard.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return [event for event in heard if event["detail"]["event_id"].startswith(subject)]

    return of


@pytest.fixture(scope="module")
def jobs(running: Cloud) -> JobsTable:
    import boto3  # noqa: PLC0415 - only this test writes to the table

    user = running.ops_credentials()
    table = boto3.resource(
        "dynamodb",
        endpoint_url=running.endpoint,
        region_name=places.REGION,
        aws_access_key_id=user.access_key,
        aws_secret_access_key=user.secret_key,
        aws_session_token=user.session_token,
    ).Table(running.outputs["Table"])
    return JobsTable(table, SystemClock())


def settled(heard: Callable[[], list[Any]], count: int) -> list[Any]:
    """The events once `count` have come, and a moment later, so that an extra one is seen."""
    until(lambda: len(heard()) >= count)
    time.sleep(2)
    return heard()


def test_a_whole_job_is_told_in_order_signed_and_again_after_a_failure(
    person, backend, bus, app, selfies
):
    """The receiver fails once on the first verdict about a photo."""
    failed: list[str] = []

    def fail_once(kind: str, event_id: str) -> int:
        if kind != "PhotoChecked" or failed:
            return 204
        failed.append(event_id)
        return 500

    app.receiver.responds = fail_once
    job_id = person.hands_in(*selfies[:3], avatars=2, metadata=METADATA)
    backend.submit_job(job_id)
    person.sees_end(job_id)
    app.waits_for("PhotosDeleted", job_id)
    time.sleep(2)  # so that an extra one is seen
    got = app.receiver.about(job_id)

    assert app.receiver.unverified == 0
    accepted = [one for one in got if one.status == 204]
    ids = [one.event_id for one in accepted]
    assert len(set(ids)) == len(ids), "each event is accepted once"
    first = [one.event_id for one in got].index(failed[0])
    assert [(one.event_id, one.status) for one in got[first : first + 2]] == [
        (failed[0], 500),
        (failed[0], 204),
    ], "the next event of the job waits for the one that failed"
    assert got[first].body == got[first + 1].body

    kinds = [one.body["type"] for one in accepted]
    assert {kind: kinds.count(kind) for kind in sorted(set(kinds))} == {
        "JobProgressed": kinds.count("JobProgressed"),
        "JobStateChanged": 5,
        "PhotoChecked": 3,
        "PhotosDeleted": 1,
    }
    assert 1 <= kinds.count("JobProgressed") <= 2
    changes = [one.data for one in accepted if one.body["type"] == "JobStateChanged"]
    assert [one["state"] for one in changes] == STATES
    assert changes[-1]["avatars_expire_at"]
    assert kinds.index("PhotoChecked") > kinds.index("JobStateChanged")
    progress = [one.data for one in accepted if one.body["type"] == "JobProgressed"]
    assert (progress[-1]["done"], progress[-1]["total"]) == (2, 2)
    for one in accepted:
        assert EVENTS[one.body["type"]].model_validate(one.data)
        assert (one.data["user_id"], one.data["metadata"]) == (person.user_id, METADATA)

    heard = settled(lambda: bus(job_id), len(ids))
    assert sorted(one["detail"]["event_id"] for one in heard) == sorted(ids)
    assert {one["detail-type"] for one in heard} == set(kinds)
    until(lambda: not app.deliveries("pending"))
    delivered = app.deliveries("delivered")
    assert delivered[failed[0]]["attempts"] == 2
    assert {one["status"] for one in delivered.values()} == {204}

    backend.delete_job(job_id)
    app.waits_for("AvatarsDeleted", job_id)


def test_a_change_without_a_new_state_is_not_announced(person, backend, bus, jobs, app):
    job_id = JobId(backend.create_job(person.order())["job_id"])
    job = jobs.get(job_id)
    same_state = job.change(attempt=1)
    jobs.save(same_state)
    jobs.save(same_state.move(BAD_END, NOW))

    heard = settled(lambda: bus(job_id), 2)
    called = settled(lambda: app.receiver.about(job_id), 2)

    assert {one["detail"]["state"] for one in heard} == {"open", BAD_END}
    assert len(heard) == len(called) == 2
    assert [one.event_id for one in called] == [f"{job_id}-1", f"{job_id}-3"]


def test_a_refused_photo_is_told_with_its_reason(person, backend, app, wall, selfies):
    job_id = person.hands_in(wall, *selfies[:2])

    verdicts = {
        one.data["photo_id"]: one.data
        for one in settled(lambda: app.receiver.about(job_id), 4)
        if one.body["type"] == "PhotoChecked"
    }

    photos = backend.get_job(job_id)["photos"]
    assert {one["photo_id"]: one["state"] for one in photos} == {
        photo_id: one["state"] for photo_id, one in verdicts.items()
    }
    assert verdicts["p01"]["reason"] == photos[0]["problem"]["code"]


def test_an_erasure_ends_with_an_event_and_nothing_about_the_user_is_sent_later(
    person, backend, bus, app
):
    job_id = backend.create_job(person.order(metadata=METADATA))["job_id"]
    until(lambda: bool(app.receiver.about(job_id)))
    app.receiver.responds = lambda kind, _: 204 if kind == "UserErased" else 503
    erasure_id = backend.request_erasure(person.user_id)["erasure_id"]
    until(lambda: backend.get_erasure(erasure_id)["state"] == "done")

    (told,) = settled(lambda: app.receiver.about(erasure_id), 1)

    assert (told.body["type"], told.data["user_id"]) == ("UserErased", person.user_id)
    assert told.data["jobs"] == 1
    until(lambda: bool(bus(erasure_id)))
    assert len(bus(erasure_id)) == 1
    assert not [one for one in app.deliveries("pending") if one.startswith(job_id)]


def test_missed_events_are_replayed_to_the_webhook_only(person, backend, bus, app):
    began = datetime.now(UTC).isoformat()
    app.receiver.responds = lambda *_: 400
    job_id = backend.create_job(person.order())["job_id"]
    event_id = f"{job_id}-1"
    until(lambda: event_id in app.deliveries("failed"))  # besides those of other tests' jobs
    missed = app.deliveries("failed")[event_id]
    assert (missed["status"], missed["failed_for"]) == (400, "response")

    app.receiver.responds = lambda *_: 204
    replayed = app.ask("POST", "/replay", {"since": began})

    assert [one for one in replayed["event_ids"] if one.startswith(job_id)] == [event_id]
    assert not replayed["more"]
    got = settled(lambda: app.receiver.about(job_id), 2)
    assert [one.status for one in got] == [400, 204]
    assert got[0].body == got[1].body
    assert len(bus(job_id)) == 1
    assert not app.deliveries("failed")


def test_a_secret_is_rotated_without_a_gap(app):
    (old,) = app.receiver.secrets
    new = app.ask("POST", "/secret")["secret"]
    app.receiver.secrets.append(new)

    event_id = app.ask("POST", "/test")["event_id"]

    (tested,) = settled(lambda: app.receiver.about(event_id), 1)
    assert tested.body["type"] == "WebhookTested"
    assert tested.secrets == (old, new)
    listed = json.dumps(call(app.running, "GET", "/v1/webhooks"))
    assert old not in listed
    assert new not in listed


def test_a_webhook_that_responds_with_410_is_disabled_until_it_is_enabled(person, backend, app):
    app.receiver.responds = lambda *_: 410
    app.ask("POST", "/test")
    until(lambda: not app.ask("GET")["enabled"])
    assert app.ask("GET")["disabled_reason"] == "gone"
    job_id = backend.create_job(person.order())["job_id"]

    app.receiver.responds = lambda *_: 204
    app.ask("PATCH", "", {"enabled": True, "events": ["UserErased"]})
    event_id = app.ask("POST", "/test")["event_id"]

    settled(lambda: app.receiver.about(event_id), 1)
    assert not app.receiver.about(job_id)


@pytest.mark.parametrize(
    "url", ["https://10.0.0.1/", "https://169.254.169.254/", "http://app.example/", "ftp://x.y/"]
)
def test_an_address_that_is_not_public_is_refused(running, url):
    with pytest.raises(places.CannotRun, match="url: "):
        call(running, "POST", "/v1/webhooks", {"url": url})


def test_a_slow_webhook_does_not_hold_up_another(running, backend, app):
    begun: list[str] = []
    slow = Receiver(responds=lambda _, event_id: begun.append(event_id) or time.sleep(20) or 204)
    webhook_id, secret = register(running, slow.begin())
    slow.secrets.append(secret)
    try:
        people = [Person(backend) for _ in range(12)]
        made = [one.backend.create_job(one.order())["job_id"] for one in people]
        until(lambda: all(app.receiver.about(job_id) for job_id in made))
        assert 0 < len(begun) <= len(made) // 2, "the other's events waited for the slow calls"
    finally:
        call(running, "DELETE", f"/v1/webhooks/{webhook_id}")
        slow.end()


def test_queues_and_logs_name_no_user(person, backend, app, running, ops):
    """A message that cannot be handled waits in the dead-letter queue: ids only."""
    queue = running.outputs["DeliveryDeadLetterQueue"]
    assert "Messages" not in ops("sqs").receive_message(QueueUrl=queue)
    asked = {"logGroupName": "/likeness/local", "startTime": int(time.time() * 1000)}
    lines: list[str] = []

    def sent() -> bool:
        pages = ops("logs").get_paginator("filter_log_events").paginate(**asked)
        lines[:] = [one["message"] for page in pages for one in page["events"]]
        return any("WebhookDelivered" in line for line in lines)

    backend.create_job(person.order(metadata=METADATA))
    until(sent)
    for secret in (person.user_id, METADATA["order"], *app.receiver.secrets):
        assert not [line for line in lines if secret in line]


def test_without_its_permission_the_sender_reads_no_queue_and_nothing_is_lost(
    person, backend, app, without_permission
):
    with without_permission("SendDeliveriesFunction", "ReadQueue"):
        job_id = backend.create_job(person.order())["job_id"]
        time.sleep(3)
        assert not app.receiver.about(job_id)

    assert len(settled(lambda: app.receiver.about(job_id), 1)) == 1


@pytest.mark.parametrize(
    ("function", "sid"),
    [
        ("AnnounceChangesFunction", "PutEvents"),
        ("AnnounceChangesFunction", "QueueDeliveries"),
        ("AnnounceChangesFunction", "StoreDeliveries"),
    ],
)
def test_without_a_permission_nothing_is_lost(
    person, backend, bus, app, without_permission, function, sid
):
    with without_permission(function, sid):
        job_id = backend.create_job(person.order())["job_id"]
        time.sleep(3)
        assert not bus(job_id)

    assert len(settled(lambda: bus(job_id), 1)) == 1
    assert len(settled(lambda: app.receiver.about(job_id), 1)) == 1
