"""Timers and deadlines on EventBridge Scheduler, keyed hashes and receipts on KMS."""

import json
from datetime import timedelta

import pytest

from likeness import receipts
from likeness.adapters.account.keyed_hash import KmsHash
from likeness.adapters.deletion.receipt_signer import KmsSigner
from likeness.adapters.jobs.timers import DeadlineSchedules, Schedules
from likeness.api.app import KeysView
from likeness.domain.deletion.receipt import DeletionState, Receipt
from likeness.domain.errors import Denied, Unavailable
from likeness.domain.ids import UserId
from tests.builders import JOB, NOW, OTHER_JOB, USER
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


def test_setting_a_timer_twice_is_idempotent(scheduler, timers):
    timers.end_at(JOB, "NotSubmitted", when=NOW)
    timers.end_at(JOB, "NotSubmitted", when=NOW + timedelta(hours=5))

    (one,) = scheduler.list_schedules(GroupName="likeness")["Schedules"]
    set_ = scheduler.get_schedule(Name=one["Name"], GroupName="likeness")
    assert set_["ScheduleExpression"] == "at(2026-11-22T12:00:00)"


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
        scheduler, group="likeness", role=ROLE, function=FUNCTION, every=FIVE_MINUTES
    )


def test_a_deadline_fires_repeatedly_from_its_time_on(scheduler, deadlines):
    deadlines.set(JOB, when=NOW)
    deadlines.set(JOB, when=NOW + FIVE_MINUTES)

    set_ = scheduler.get_schedule(**DEADLINE)
    assert (set_["StartDate"], set_["ScheduleExpression"]) == (NOW, "rate(5 minutes)")
    target = set_["Target"]
    assert (target["Arn"], target["RoleArn"]) == (FUNCTION, ROLE)
    assert json.loads(target["Input"]) == {"job_id": JOB, "overdue": True}


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


@pytest.fixture
def keys(aws, session):
    kms = session.client("kms")

    def make() -> KmsHash:
        key = kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
        return KmsHash(kms, key["KeyMetadata"]["Arn"])

    return make


def test_a_user_hash_is_the_same_for_the_same_user_only(keys):
    hashes = keys()

    assert hashes.user(USER) == hashes.user(USER)
    assert hashes.user(USER) != hashes.user(UserId("user-2"))
    assert len(hashes.user(USER)) == 32
    assert USER not in hashes.user(USER)


def test_another_key_makes_another_user_hash(keys):
    assert keys().user(USER) != keys().user(USER)


def test_objects_are_hashed_under_a_key_of_their_job(keys):
    hashes = keys()
    names = ["photos/p01.jpg:etag-1", "photos/p02.jpg:etag-2"]

    one, two = hashes.objects(JOB, names)

    assert (len(one), one != two) == (64, True)
    assert hashes.objects(JOB, names) == [one, two]
    assert set(hashes.objects(OTHER_JOB, names)).isdisjoint({one, two})
    assert set(keys().objects(JOB, names)).isdisjoint({one, two})


# --- receipts --------------------------------------------------------------------------------


@pytest.fixture
def signer(aws, session):
    kms = session.client("kms")
    key = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]
    return KmsSigner(kms, key["Arn"]), kms


RECEIPT = Receipt(
    issuer="likeness/test",
    job_id=JOB,
    state=DeletionState.DELETED,
    policy="2026-11-22",
    issued_at=NOW,
)


def test_a_receipt_is_verified_by_the_published_key_alone(signer):
    jwks = KeysView(keys=tuple(signer[0].public_keys())).model_dump()

    receipt = signer[0].sign(RECEIPT)

    assert receipts.verify(receipt, json.loads(json.dumps(jwks))) == RECEIPT.model_dump(mode="json")
    changed = receipt[:-8] + ("A" * 8 if receipt[-8:] != "A" * 8 else "B" * 8)
    with pytest.raises(receipts.NotGenuine):
        receipts.verify(changed, jwks)


def test_a_receipt_signed_by_another_key_is_not_genuine(signer, session):
    key = signer[1].create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]
    theirs = KmsSigner(signer[1], key["Arn"]).sign(RECEIPT)

    with pytest.raises(receipts.NotGenuine):
        receipts.verify(theirs, {"keys": [one.model_dump() for one in signer[0].public_keys()]})


@pytest.mark.parametrize("code", ["DisabledException", "AccessDeniedException"])
def test_a_disabled_key_is_an_error(signer, code):
    fail(signer[1], "Sign", code, times=9)

    with pytest.raises(Denied):
        signer[0].sign(RECEIPT)
