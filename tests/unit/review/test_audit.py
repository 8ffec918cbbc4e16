"""The audit log: any later change is detected."""

import hashlib
from datetime import timedelta

import pytest
from hypothesis import given, strategies as st

from likeness.domain.review.audit import (
    CHAINS,
    AuditAction,
    AuditEntry,
    AuditEvent,
    BrokenChain,
    ChainHead,
    gaps,
    verify,
)
from likeness.services.review.anchor_audit import anchor_audit
from likeness.services.review.verify_audit import verify_audit
from tests.alarms import goes_off
from tests.builders import JOB, MODERATOR, NOW

CHAIN = 7


def audit_events(*actions):
    return [AuditEvent(at=NOW, actor=MODERATOR, action=action, job_id=JOB) for action in actions]


def chain(*actions):
    entries, head = [], ChainHead.start(CHAIN)
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


def test_a_chain_begins_at_its_number_and_each_entry_names_the_one_before():
    assert FIVE[0].previous == "0" * 63 + "7"
    assert [one.previous for one in FIVE[1:]] == [one.hash for one in FIVE[:-1]]
    assert verify(FIVE, END) == END
    assert verify([], ChainHead.start(CHAIN)) == ChainHead.start(CHAIN)


def test_the_digest_is_computed_as_documented():
    """It must be verifiable without our code."""
    entry = AuditEntry.after(ChainHead.start(CHAIN), audit_events(AuditAction.OPENED)[0])

    written = (
        f'{{"action":"opened","actor":"moderator-1","at":"2026-11-22T12:00:00Z","details":{{}},'
        f'"job_id":"{JOB}","number":1,"previous":"{7:064x}","review_id":null}}'
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
        with pytest.raises(BrokenChain, match=f"entry {at + 1} of chain 7 was changed"):
            verify(changed, END)


def test_a_changed_and_rehashed_entry_is_detected_at_the_next_one():
    forged = FIVE[2].model_copy(update={"actor": "someone-else"})
    forged = forged.model_copy(update={"hash": forged.digest()})

    with pytest.raises(BrokenChain, match="entry 4 of chain 7 does not have the hash"):
        verify([*FIVE[:2], forged, *FIVE[3:]], END)


@pytest.mark.parametrize("at", range(4))
def test_a_removed_entry_is_detected(at):
    with pytest.raises(BrokenChain, match=f"entry {at + 1} of chain 7 is missing"):
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


def test_a_rewritten_chain_is_detected_by_a_noted_head():
    rewritten = chain(AuditAction.OPENED, AuditAction.CLAIMED, AuditAction.APPROVED)

    assert verify(rewritten, rewritten[-1].head) == rewritten[-1].head, "by itself it looks fine"
    with pytest.raises(BrokenChain, match="does not have the noted entry 3"):
        verify(rewritten, rewritten[-1].head, noted=[FIVE[0].head, FIVE[2].head])
    assert verify(FIVE, END, noted=[FIVE[2].head, END]) == END


def test_a_chain_in_the_place_of_another_is_detected():
    moved = [entry.model_copy(update={"chain": 8}) for entry in FIVE]

    with pytest.raises(BrokenChain, match="entry 1 of chain 8"):
        verify(moved, moved[-1].head)


# --- anchors -------------------------------------------------------------------------------------

DAY = timedelta(days=1)


@pytest.fixture
def anchored(world):
    """Three days with events of 20 jobs each and an anchor, and one event more."""
    for number in (1, 2, 3):
        for n in range(20):
            world.audit_log.append(
                AuditEvent(at=NOW, action=AuditAction.OPENED, job_id=f"j{n:032x}")
            )
        assert anchor(world) == number
        world.clock.advance(DAY)
    world.audit_log.append(audit_events(AuditAction.OPENED)[0])
    return world


def anchor(world):
    return anchor_audit(
        audit_log=world.audit_log,
        signer=world.signer,
        metrics=world.metrics,
        clock=world.clock,
        issuer="likeness/test",
    )


def verified(world, **options):
    return verify_audit(**{"audit_log": world.audit_log, "signed": lambda _: True, **options})


def test_an_anchor_signs_the_heads_of_all_chains(anchored):
    heads, anchors = verified(anchored)

    assert sum(head.number for head in heads) == 61
    assert [one.content.number for one in anchors] == [1, 2, 3]
    assert anchored.metrics.counted == {"AuditAnchored": 3}
    last = anchors[-1].content
    assert sum(head.number for head in last.heads) == 60
    assert len(last.heads) == CHAINS
    assert last.previous == anchors[1].hash
    assert anchored.signer.signed[-1] == last


def without(log, chain, after=0):
    """The log without a chain's entries after a number."""
    log.written = [one for one in log.written if one.chain != chain or one.number <= after]


def busiest(log):
    return max(log.heads(), key=lambda head: head.number)


def test_a_deleted_chain_is_detected(anchored):
    without(anchored.audit_log, busiest(anchored.audit_log).chain)

    with pytest.raises(BrokenChain, match="does not have the noted entry"):
        verified(anchored)


def test_a_chain_that_was_truncated_with_its_head_is_detected(anchored):
    longest = busiest(anchored.audit_log)
    without(anchored.audit_log, longest.chain, after=longest.number - 2)

    with pytest.raises(BrokenChain, match="does not have the noted entry"):
        verified(anchored)


def test_a_chain_that_was_written_again_in_another_order_is_detected(anchored):
    log, longest = anchored.audit_log, busiest(anchored.audit_log)
    events = [
        AuditEvent(**one.model_dump(include=set(AuditEvent.model_fields)))
        for one in log.entries(longest.chain)
    ]
    without(log, longest.chain)
    for event in reversed(events):
        log.append(event.model_copy(update={"at": NOW + DAY}))
    assert log.heads()[longest.chain].number == longest.number

    with pytest.raises(BrokenChain, match="does not have the noted entry"):
        verified(anchored)


@pytest.mark.parametrize("at", [0, 1])
def test_a_removed_anchor_is_detected(anchored, at):
    del anchored.audit_log.signed[at]

    with pytest.raises(BrokenChain, match=f"anchor {at + 1} is missing"):
        verified(anchored)


def test_a_replaced_anchor_is_detected(anchored):
    signed = anchored.audit_log.signed
    signed[1] = signed[1].model_copy(update={"jws": signed[0].jws})
    with pytest.raises(BrokenChain, match="anchor 2"):
        verified(anchored)
    signed[1] = signed[1].model_copy(update={"jws": "nonsense"})
    with pytest.raises(BrokenChain, match="anchor 2 cannot be read"):
        verified(anchored)


def test_an_anchor_that_our_key_did_not_sign_is_refused(anchored):
    with pytest.raises(BrokenChain, match="signature of anchor 2"):
        verified(anchored, signed=lambda one: one.number != 2)


def test_days_without_an_anchor_are_found(anchored):
    anchors, now = anchored.audit_log.signed, anchored.clock.now()

    assert gaps(anchors, now) == []
    assert gaps(anchors, now + DAY) == [(NOW + 2 * DAY, now + DAY)]
    assert gaps([anchors[0], anchors[2]], now) == [(NOW, NOW + 2 * DAY)]


def test_truncation_back_to_an_anchor_is_detected_by_an_export(anchored):
    """Then the last anchors were removed as well: only a copy elsewhere, and the gap, show it."""
    noted, _ = verified(anchored)
    log = anchored.audit_log
    del log.signed[1:]
    for head in log.signed[0].content.heads:
        without(log, head.chain, after=head.number)

    verified(anchored)
    assert gaps(log.signed, anchored.clock.now()) == [(NOW, NOW + 3 * DAY)]
    with pytest.raises(BrokenChain, match="does not have the noted entry"):
        verified(anchored, noted=noted)


def test_the_next_anchor_counts_what_was_lost_and_goes_on(anchored):
    longest = busiest(anchored.audit_log)
    without(anchored.audit_log, longest.chain, after=1)

    anchor(anchored)

    assert goes_off("audit-log-broken", anchored.metrics)
    assert len(anchored.audit_log.signed) == 4
    with pytest.raises(BrokenChain):
        verified(anchored)


def test_entries_added_during_the_verification_are_left_to_the_next_one(anchored):
    heads = anchored.audit_log.heads()
    anchored.audit_log.append(audit_events(AuditAction.RELEASED)[0])
    anchored.audit_log.heads = lambda: heads

    assert verified(anchored)[0] == heads
