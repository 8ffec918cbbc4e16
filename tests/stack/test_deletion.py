"""Photos are deleted by their deadline in every case, and a receipt proves it."""

import json
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from likeness import receipts
from likeness_client.errors import ApiError
from tests.infra.documents import read
from tests.stack.moody_container import FAILS, HANGS
from tests.stack.people import ENDED, genuine_receipt, reached, until

STATES = read("infra/pipeline.asl.yaml")["States"]
# They need a second moderator and the other backend: test_async_endpoint.py.
ELSEWHERE = {"RequestSecondReview", "StartInference", "UnpackAvatars"}
STUCK = [
    name
    for name, state in STATES.items()
    if state["Type"] == "Task" and name not in ELSEWHERE | {"FailJob"}
]

WAITS = {"StartTraining": "generating", "RequestReview": "in_review"}  # for a task token
ENDS = {
    "ProveDeletion": {"completed"},
    "RequestReview": {"expired"},
    "SettleJob": {"failed", "completed"},  # a call in flight when it was stopped
}


@pytest.fixture(scope="module")
def running(moody):
    return moody


@pytest.fixture
def deletion_denied(ops, running):
    """Both buckets refuse to delete anything."""
    s3 = ops("s3")

    @contextmanager
    def denied():
        before = {}
        for name in (running.outputs["PhotosBucket"], running.outputs["AvatarsBucket"]):
            policy = json.loads(s3.get_bucket_policy(Bucket=name)["Policy"])
            before[name] = json.dumps(policy)
            deny = {
                "Sid": "DenyDeletes",
                "Effect": "Deny",
                "Principal": "*",
                "Action": ["s3:DeleteObject", "s3:DeleteObjectVersion"],
                "Resource": f"arn:aws:s3:::{name}/*",
            }
            stricter = policy | {"Statement": [*policy["Statement"], deny]}
            s3.put_bucket_policy(Bucket=name, Policy=json.dumps(stricter))
        try:
            yield
        finally:
            for name, policy in before.items():
                s3.put_bucket_policy(Bucket=name, Policy=policy)

    return denied


@pytest.fixture
def alarmed(ops, running):
    """The count of the alarm's metric: lines of the log, as CloudWatch reads them."""

    def times():
        asked = {"logGroupName": "/likeness/local", "filterPattern": '"DeletionPending"'}
        pages = ops("logs").get_paginator("filter_log_events").paginate(**asked)
        return sum(len(page["events"]) for page in pages)

    return times


@pytest.fixture
def alarm(ops):
    """The state of an alarm of the stage."""

    def state(name):
        (found,) = ops("cloudwatch").describe_alarms(AlarmNames=[f"likeness-local-{name}"])[
            "MetricAlarms"
        ]
        return found["StateValue"]

    return state


@pytest.mark.parametrize("state", STUCK)
def test_the_deadline_holds_with_the_state_machine_stopped_at(
    state, backend, person, selfies, objects, ops, running, fire, unheard, throttled, portrait
):
    machine = running.outputs["StateMachine"].replace(":stateMachine:", ":execution:")
    plan = {"test": {}} if state == "RunTest" else {}
    avatars = HANGS if state == "StartTraining" else 2
    job_id = person.hands_in(*selfies[:3], avatars=avatars, **plan)
    if state == "RequestReview":
        portrait.write_bytes(selfies[0])
    if state in WAITS:
        backend.submit_job(job_id)
        until(lambda: backend.get_job(job_id)["state"] == WAITS[state])
        ops("stepfunctions").stop_execution(executionArn=f"{machine}:{job_id}")
    else:
        with throttled(state):
            backend.submit_job(job_id)
            until(lambda: reached(ops, f"{machine}:{job_id}", state))
            ops("stepfunctions").stop_execution(executionArn=f"{machine}:{job_id}")
    assert state == "ProveDeletion" or backend.get_job(job_id)["state"] not in ENDED

    fire(job_id)

    genuine_receipt(backend, job_id)
    job = backend.get_job(job_id)
    assert job["state"] in ENDS.get(state, {"failed"})
    finished = job["state"] == "completed"
    left = [key for key in objects(job_id) if not (finished and key.startswith("avatars/"))]
    assert left == []
    assert job["photos_deleted_at"]
    assert backend.get_quota(person.user_id)["used"] == int(finished)


def test_the_deadline_holds_for_a_job_that_is_not_submitted(
    backend, person, selfies, objects, fire
):
    job_id = person.hands_in(*selfies[:3])
    assert objects(job_id)

    fire(job_id)

    genuine_receipt(backend, job_id)
    assert objects(job_id) == []
    assert backend.get_job(job_id)["state"] == "expired"


def test_a_denied_deletion_is_pending_with_an_alarm_and_succeeds_later(
    backend, person, selfies, objects, fire, deletion_denied, alarmed, alarm
):
    job_id = person.hands_in(*selfies[:3], avatars=FAILS)
    before = alarmed()

    with deletion_denied():
        backend.submit_job(job_id)
        job = person.sees_end(job_id)
        until(lambda: backend.get_job(job_id)["deletion"] == "pending")
        until(lambda: alarmed() > before + 1)
        assert alarm("deletion-pending") == "ALARM"
        assert (job["state"], job["quota"]["left"]) == ("failed", 1)
        assert backend.get_job(job_id)["photos_deleted_at"] is None
        with pytest.raises(ApiError) as none:
            backend.get_receipt(job_id)
        assert none.value.status == 409
        assert objects(job_id)

    fire(job_id)
    genuine_receipt(backend, job_id)
    assert objects(job_id) == []
    assert backend.get_job(job_id)["photos_deleted_at"]


def test_with_a_disabled_key_no_deletion_is_reported(
    backend, person, selfies, objects, fire, ops, running, alarmed, alarm, resource
):
    key = running.outputs["ReceiptKey"]
    job_id = person.hands_in(*selfies[:3])
    before = alarmed()

    ops("kms").disable_key(KeyId=key)
    try:
        backend.delete_job(job_id)
        person.sees_end(job_id)
        until(lambda: backend.get_job(job_id)["deletion"] == "pending")
        until(lambda: alarmed() > before)
        check = ops("lambda").invoke(FunctionName=resource("CheckKeysFunction"), Payload=b"{}")
        assert "FunctionError" not in check
        assert alarm("keys-unusable") == "ALARM"
        assert alarm("certificate-expires") == "OK"
    finally:
        ops("kms").enable_key(KeyId=key)

    fire(job_id)
    genuine_receipt(backend, job_id)
    assert objects(job_id) == []


def test_the_jobs_schedule_retries_until_the_deletion_is_proven(
    backend, person, selfies, ops, running, deletion_denied
):
    """While pending, it fires within minutes and every five minutes, not only at the deadline."""
    job_id = person.hands_in(*selfies[:3])
    name = {"Name": f"{job_id}-Deadline", "GroupName": running.outputs["Timers"]}
    set_ = ops("scheduler").get_schedule(**name)
    assert set_["ScheduleExpression"] == "rate(5 minutes)"
    assert set_["StartDate"] - datetime.now(UTC) > timedelta(hours=22)

    with deletion_denied():
        backend.delete_job(job_id)
        person.sees_end(job_id)
        until(
            lambda: (
                ops("scheduler").get_schedule(**name)["StartDate"] - datetime.now(UTC)
                < timedelta(minutes=5)
            )
        )


def test_a_receipt_with_one_changed_byte_is_not_genuine(backend, person, selfies):
    job_id = person.hands_in(*selfies[:3])
    backend.delete_job(job_id)
    genuine_receipt(backend, job_id)
    receipt, keys = backend.get_receipt(job_id)["receipt"], backend.get_keys()

    middle = len(receipt) // 2
    other = "A" if receipt[middle] != "A" else "B"

    with pytest.raises(receipts.NotGenuine):
        receipts.verify(receipt[:middle] + other + receipt[middle + 1 :], keys)


@pytest.fixture
def sweep(ops, resource):
    """Runs the daily sweep; returns its execution."""
    states = ops("stepfunctions")

    def run():
        arn = states.start_execution(stateMachineArn=resource("Sweep"))["executionArn"]
        until(lambda: states.describe_execution(executionArn=arn)["status"] != "RUNNING")
        return states.describe_execution(executionArn=arn)

    return run


def test_the_sweep_walks_every_range_and_reports_a_changed_bucket_configuration(
    ops, running, sweep
):
    s3, bucket = ops("s3"), running.outputs["PhotosBucket"]
    rules = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    longer = [{**rules[0], "Expiration": {"Days": 30}}]
    new = [f"photos/j{digit * 32}/p01.jpg" for digit in "09f"]  # of no job, but just written
    for key in new:
        s3.put_object(Bucket=bucket, Key=key, Body=b"1")
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": longer})
    try:
        ran = sweep()
        assert ran["status"] == "SUCCEEDED", (ran.get("error"), ran.get("cause"), ran.get("output"))
        report = json.loads(ran["output"])
        assert (report["findings"], report["unfinished"]) == ({"Lifecycle": 1}, 0)
        assert report["seen"] >= len(new)
        for key in new:
            s3.head_object(Bucket=bucket, Key=key)
    finally:
        s3.put_bucket_lifecycle_configuration(
            Bucket=bucket, LifecycleConfiguration={"Rules": rules}
        )
        for key in new:
            s3.delete_object(Bucket=bucket, Key=key)


def test_a_sweep_whose_role_may_start_no_ranges_fails(sweep, without_permission):
    with without_permission("Sweep", "StartRanges"):
        ran = sweep()

    assert (ran["status"], ran["error"]) == ("FAILED", "States.Permissions")
