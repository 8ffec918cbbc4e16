"""Holds: the fake, and DynamoDB."""

from datetime import timedelta

import pytest

from likeness.adapters.dynamodb import keys
from likeness.adapters.review.holds_table import HoldsTable
from likeness.domain.errors import Conflict
from likeness.domain.ids import JobId, UserHash
from likeness.domain.review.audit import AuditAction
from likeness.domain.review.hold import HeldPhoto, Hold, HoldTrigger, PreservedFile, about_hold
from tests.builders import (
    JOB,
    NOW,
    OTHER_JOB,
    USER_HASH,
    a_job,
    whole,
)
from tests.fakes import FakeClock

LEAD = "lead-1"
YEAR = timedelta(days=365)


def a_hold(job_id=JOB, at=NOW):
    return Hold.of(a_job(job_id=job_id, metadata={"order": "1"}), HoldTrigger.HASH_MATCH, at)


@pytest.fixture
def holds(tables):
    return tables.holds


def test_a_hold_is_stored_with_its_photos_and_its_audit_event(tables, holds):
    photo = HeldPhoto(
        photo_id="p01",
        suspected=True,
        uploaded_from="203.0.113.7",
        files=(PreservedFile.of("upload", b"as sent"),),
        preview="QUJD",
    )
    hold = a_hold().model_copy(update={"photos": (photo,)})
    holds.save(hold, about_hold(hold, AuditAction.HELD, NOW))

    assert holds.get(JOB) == hold
    assert holds.get(OTHER_JOB) is None
    assert [entry.action for entry in whole(tables.audit_log)] == [AuditAction.HELD]


def test_of_two_concurrent_changes_one_is_stored(tables, holds):
    hold = a_hold()
    holds.save(hold)
    with pytest.raises(Conflict):
        holds.save(a_hold(at=NOW + timedelta(seconds=1)))
    confirmed = hold.confirm(LEAD, NOW, retain=YEAR)
    holds.save(confirmed)

    returned = hold.return_("lead-2", NOW)
    with pytest.raises(Conflict):
        holds.save(returned, about_hold(returned, AuditAction.HOLD_RETURNED, NOW))

    assert holds.get(JOB) == confirmed
    assert whole(tables.audit_log) == []


def test_holds_are_listed_by_what_is_left_to_do_and_the_oldest_first(holds):
    ids = [JobId("j" + str(n).zfill(32)) for n in range(1, 5)]
    for n, job_id in enumerate(ids):
        holds.save(a_hold(job_id, NOW - timedelta(minutes=n)))
    first = holds.get(ids[3])
    holds.save(first.confirm(LEAD, NOW, retain=YEAR))
    holds.save(holds.get(ids[2]).return_(LEAD, NOW))

    found, after = [], None
    while True:
        page = holds.list(limit=1, after=after)
        found += [hold.job_id for hold in page.items]
        after = page.last
        if after is None:
            break

    assert found == [ids[1], ids[0], ids[3], ids[2]]


def test_a_hold_blocks_its_user_until_it_is_returned_or_lifted(holds):
    assert not holds.block(USER_HASH)
    for job_id in (JOB, OTHER_JOB):
        holds.save(a_hold(job_id))
    holds.save(a_hold().return_(LEAD, NOW))
    assert holds.block(USER_HASH), "the other one still blocks"

    confirmed = a_hold(OTHER_JOB).confirm(LEAD, NOW, retain=YEAR)
    holds.save(confirmed)
    assert holds.block(USER_HASH)
    holds.save(confirmed.lift_block())

    assert not holds.block(USER_HASH)
    assert not holds.block(UserHash("another"))


def test_only_a_returned_hold_expires(table):
    holds = HoldsTable(table, FakeClock())
    holds.save(a_hold())
    assert "ttl" not in table.get_item(Key=keys.hold(JOB))["Item"]
    assert "ttl" not in table.get_item(Key=keys.block(USER_HASH, JOB))["Item"]

    holds.save(a_hold().return_(LEAD, NOW))

    assert "ttl" in table.get_item(Key=keys.hold(JOB))["Item"]
    assert "ttl" in table.get_item(Key=keys.block(USER_HASH, JOB))["Item"]
