"""Timers on EventBridge Scheduler, keyed hashes on KMS."""

import json
from datetime import timedelta

import pytest

from likeness.adapters.keyed_hash import KmsHash
from likeness.adapters.timers import Schedules
from likeness.domain.errors import Unavailable
from likeness.domain.ids import UserId
from tests.builders import JOB, NOW, USER
from tests.integration.aws_answers import fail

MACHINE = "arn:aws:states:eu-central-1:123456789012:stateMachine:likeness"
ROLE = "arn:aws:iam::123456789012:role/timers"


@pytest.fixture
def scheduler(aws, session):
    client = session.client("scheduler")
    client.create_schedule_group(Name="likeness")
    return client


@pytest.fixture
def timers(scheduler):
    return Schedules(scheduler, group="likeness", role=ROLE, state_machine=MACHINE)


def test_a_timer_ends_the_job_once_and_deletes_itself(scheduler, timers):
    timers.end_at(JOB, "NotSubmitted", when=NOW + timedelta(hours=1))

    set_ = scheduler.get_schedule(Name=f"{JOB}-NotSubmitted", GroupName="likeness")
    assert set_["ScheduleExpression"] == "at(2026-11-22T13:00:00)"
    assert set_["ActionAfterCompletion"] == "DELETE"
    target = set_["Target"]
    assert (target["Arn"], target["RoleArn"]) == (MACHINE, ROLE)
    assert json.loads(target["Input"]) == {"job_id": JOB, "failure": {"Error": "NotSubmitted"}}


def test_a_timer_that_is_set_twice_is_set_once(scheduler, timers):
    timers.end_at(JOB, "NotSubmitted", when=NOW)
    timers.end_at(JOB, "NotSubmitted", when=NOW + timedelta(hours=5))

    (one,) = scheduler.list_schedules(GroupName="likeness")["Schedules"]
    set_ = scheduler.get_schedule(Name=one["Name"], GroupName="likeness")
    assert set_["ScheduleExpression"] == "at(2026-11-22T12:00:00)"


def test_a_timer_that_cannot_be_set_is_said(scheduler, timers):
    fail(scheduler, "CreateSchedule", "ServiceQuotaExceededException", times=99)

    with pytest.raises(Unavailable):
        timers.end_at(JOB, "NotSubmitted", when=NOW)


@pytest.fixture
def keys(aws, session):
    kms = session.client("kms")

    def make() -> KmsHash:
        key = kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
        return KmsHash(kms, key["KeyMetadata"]["Arn"])

    return make


def test_a_subject_is_the_same_for_the_same_user_only(keys):
    hashes = keys()

    assert hashes.subject(USER) == hashes.subject(USER)
    assert hashes.subject(USER) != hashes.subject(UserId("user-2"))
    assert len(hashes.subject(USER)) == 32
    assert USER not in hashes.subject(USER)


def test_another_key_makes_another_subject(keys):
    assert keys().subject(USER) != keys().subject(USER)
