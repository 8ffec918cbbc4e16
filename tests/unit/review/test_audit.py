"""The audit log: any later change is detected."""

import hashlib

import pytest
from hypothesis import given, strategies as st

from likeness.domain.review.audit import (
    GENESIS,
    AuditAction,
    AuditEntry,
    AuditEvent,
    BrokenChain,
    ChainHead,
    verify,
)
from likeness.services.review.verify_audit import verify_audit
from tests.builders import JOB, MODERATOR, NOW


def audit_events(*actions):
    return [AuditEvent(at=NOW, actor=MODERATOR, action=action, job_id=JOB) for action in actions]


def chain(*actions):
    entries, head = [], ChainHead()
    for audit_event in audit_events(*actions):
        entries.append(AuditEntry.after(head, audit_event))
        head = entries[-1].head
    return entries


FIVE = chain(
    AuditAction.OPENED,
    AuditAction.CLAIMED,
    AuditAction.REVEALED,
    AuditAction.REVEALED,
    AuditAction.REFUSED,
)
END = FIVE[-1].head


def test_a_chain_begins_at_genesis_and_each_entry_names_the_one_before():
    assert FIVE[0].previous == GENESIS
    assert [one.previous for one in FIVE[1:]] == [one.hash for one in FIVE[:-1]]
    assert verify(FIVE, END) == END
    assert verify([], ChainHead()) == ChainHead()


def test_the_digest_is_computed_as_documented():
    """It must be verifiable without our code."""
    entry = AuditEntry.after(ChainHead(), audit_events(AuditAction.OPENED)[0])

    written = (
        f'{{"action":"opened","actor":"moderator-1","at":"2026-11-22T12:00:00Z","details":{{}},'
        f'"job_id":"{JOB}","number":1,"previous":"{"0" * 64}","review_id":null}}'
    )
    assert entry.hash == hashlib.sha256(written.encode()).hexdigest()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("actor", "someone-else"),
        ("action", AuditAction.APPROVED),
        ("details", {"photo_id": "p02"}),
        ("job_id", None),
        ("at", NOW.replace(hour=1)),
    ],
)
@pytest.mark.parametrize("at", range(5))
def test_a_changed_entry_is_detected(at, field, value):
    changed = [*FIVE]
    changed[at] = FIVE[at].model_copy(update={field: value})

    if changed[at] != FIVE[at]:
        with pytest.raises(BrokenChain, match=f"entry {at + 1} was changed"):
            verify(changed, END)


def test_a_changed_and_rehashed_entry_is_detected_at_the_next_one():
    forged = FIVE[2].model_copy(update={"actor": "someone-else"})
    forged = forged.model_copy(update={"hash": forged.digest()})

    with pytest.raises(BrokenChain, match="entry 4 does not have the hash"):
        verify([*FIVE[:2], forged, *FIVE[3:]], END)


@pytest.mark.parametrize("at", range(4))
def test_a_removed_entry_is_detected(at):
    with pytest.raises(BrokenChain, match=f"entry {at + 1} is missing"):
        verify([*FIVE[:at], *FIVE[at + 1 :]], END)


@pytest.mark.parametrize("left", range(5))
def test_a_truncated_audit_log_is_detected(left):
    with pytest.raises(BrokenChain, match=f"last entry is {left}"):
        verify(FIVE[:left], END)


@given(st.permutations(range(5)))
def test_any_other_order_is_detected(order):
    if list(order) != list(range(5)):
        with pytest.raises(BrokenChain):
            verify([FIVE[n] for n in order], END)


def test_a_rewritten_audit_log_is_detected_by_a_noted_chain_head():
    rewritten = chain(AuditAction.OPENED, AuditAction.CLAIMED, AuditAction.APPROVED)

    assert verify(rewritten, rewritten[-1].head) == rewritten[-1].head, "by itself it looks fine"
    with pytest.raises(BrokenChain, match="entry 3, is not in the audit log"):
        verify(rewritten, rewritten[-1].head, noted=FIVE[2].head)
    assert verify(FIVE, END, noted=FIVE[2].head) == END


def test_entries_added_during_the_verification_are_left_to_the_next_one(world):
    for audit_event in audit_events(AuditAction.OPENED, AuditAction.CLAIMED):
        world.audit_log.append(audit_event)
    head = world.audit_log.head()
    world.audit_log.append(audit_events(AuditAction.RELEASED)[0])
    world.audit_log.head = lambda: head

    assert verify_audit(audit_log=world.audit_log) == head
