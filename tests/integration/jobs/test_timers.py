"""Timers and deadlines on EventBridge Scheduler."""

import json
from datetime import timedelta

import pytest

from likeness.adapters.jobs.timers import DeadlineSchedules, Schedules
from likeness.domain.errors import Unavailable
from tests.builders import JOB, NOW
from tests.integration.aws_answers import fail

MACHINE = "arn:aws:states:eu-central-1:123456789012:stateMachine:likeness"
QUEUE = "arn:aws:sqs:eu-central-1:123456789012:dead-letters"
ROLE = "arn:aws:iam::123456789012:role/timers"


@pytest.fixture
def scheduler(aws, session):
    client = session.client("scheduler")
    client.create_schedule_group(Name="likeness")
    return client


@pytest.fixture
def timers(scheduler):
    return Schedules(
        scheduler, group="likeness", role=ROLE, state_machine=MACHINE, dead_letters=QUEUE
    )


def test_a_timer_ends_the_job_once_and_deletes_itself(scheduler, timers):
    timers.end_at(JOB, "NotSubmitted", when=NOW + timedelta(hours=1))

    set_ = scheduler.get_schedule(Name=f"{JOB}-NotSubmitted", GroupName="likeness")
    assert set_["ScheduleExpression"] == "at(2026-11-22T13:00:00)"
    assert set_["ActionAfterCompletion"] == "DELETE"
    target = set_["Target"]
    assert (target["Arn"], target["RoleArn"]) == (MACHINE, ROLE)
    assert json.loads(target["Input"]) == {"job_id": JOB, "failure": {"Error": "NotSubmitted"}}
    assert target["DeadLetterConfig"] == {"Arn": QUEUE}


def test_setting_a_timer_twice_is_idempotent(scheduler, timers):
    timers.end_at(JOB, "NotSubmitted", when=NOW)
    timers.end_at(JOB, "NotSubmitted", when=NOW + timedelta(hours=5))

    (one,) = scheduler.list_schedules(GroupName="likeness")["Schedules"]
    set_ = scheduler.get_schedule(Name=one["Name"], GroupName="likeness")
    assert set_["ScheduleExpression"] == "at(2026-11-22T12:00:00)"


def test_a_timer_is_cancelled_by_its_name_alone(scheduler, timers):
    timers.end_at(JOB, "NotSubmitted", when=NOW)

    for _ in range(2):
        Schedules(scheduler, group="likeness").cancel(JOB, "NotSubmitted")

    assert scheduler.list_schedules(GroupName="likeness")["Schedules"] == []


def test_a_timer_that_cannot_be_set_is_an_error(scheduler, timers):
    fail(scheduler, "CreateSchedule", "ServiceQuotaExceededException", times=99)

    with pytest.raises(Unavailable):
        timers.end_at(JOB, "NotSubmitted", when=NOW)


FUNCTION = "arn:aws:lambda:eu-central-1:123456789012:function:prove"
FIVE_MINUTES = timedelta(minutes=5)
DEADLINE = {"Name": f"{JOB}-Deadline", "GroupName": "likeness"}


@pytest.fixture
def deadlines(scheduler):
    return DeadlineSchedules(
        scheduler,
        group="likeness",
        role=ROLE,
        function=FUNCTION,
        dead_letters=QUEUE,
        every=FIVE_MINUTES,
    )


def test_a_deadline_fires_repeatedly_from_its_time_on(scheduler, deadlines):
    deadlines.set(JOB, when=NOW)
    deadlines.set(JOB, when=NOW + FIVE_MINUTES)

    set_ = scheduler.get_schedule(**DEADLINE)
    assert (set_["StartDate"], set_["ScheduleExpression"]) == (NOW, "rate(5 minutes)")
    target = set_["Target"]
    assert (target["Arn"], target["RoleArn"]) == (FUNCTION, ROLE)
    assert json.loads(target["Input"]) == {"job_id": JOB, "overdue": True}
    assert target["DeadLetterConfig"] == {"Arn": QUEUE}


def test_a_deadline_can_be_moved_by_its_name_alone(scheduler, deadlines):
    deadlines.set(JOB, when=NOW)
    target = scheduler.get_schedule(**DEADLINE)["Target"]
    mover = DeadlineSchedules(scheduler, group="likeness", every=FIVE_MINUTES)

    mover.move(JOB, when=NOW + FIVE_MINUTES)

    moved = scheduler.get_schedule(**DEADLINE)
    assert (moved["StartDate"], moved["Target"]) == (NOW + FIVE_MINUTES, target)


def test_moving_a_deleted_deadline_does_not_create_it(scheduler, deadlines):
    deadlines.set(JOB, when=NOW)

    deadlines.delete(JOB)
    deadlines.delete(JOB)
    deadlines.move(JOB, when=NOW)

    assert scheduler.list_schedules(GroupName="likeness")["Schedules"] == []
