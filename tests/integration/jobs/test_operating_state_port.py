"""The operators' switches and the shortages: the fake, and DynamoDB."""

from datetime import timedelta

import pytest

from likeness.domain.errors import Conflict
from likeness.domain.jobs.operating_state import (
    REPORTED_WITHIN,
    Change,
    Scarce,
    Shortage,
    Stop,
    Submitted,
    Switches,
)
from likeness.domain.review.audit import CHAINS, AuditAction, AuditEntry, AuditEvent
from tests.builders import NOW

EVENT = AuditEvent(at=NOW, actor="mia", action=AuditAction.SWITCHED, details={"why": "a test"})


def changed(seen=None, **fields) -> Switches:
    return (seen or Switches()).change(last=Change(at=NOW, by="mia", why="a test"), **fields)


def written(tables) -> list[AuditEntry]:
    return [entry for chain in range(CHAINS) for entry in tables.audit_log.entries(chain)]


def short(minutes: float, *, at=NOW, of=Scarce.CAPACITY) -> Shortage:
    return Shortage(of=of, seen_at=at, waited_s=int(60 * minutes))


def test_at_first_nothing_is_switched_off(tables):
    assert tables.operating_state.switches() == Switches()
    assert tables.operating_state.shortages() == []


def test_switches_are_read_as_they_were_stored(tables):
    everything = changed(
        stop=Stop(submitted=Submitted.END, retry_after_s=3600),
        engines_off={"sdxl-lora": Stop()},
        styles_off=("comic", "oil"),
        endpoint_off=True,
        avatars_at_most=12,
        brownout=False,
    )
    tables.operating_state.change(everything, EVENT)
    assert tables.operating_state.switches() == everything

    resumed = changed(everything, stop=None, engines_off={}, styles_off=())
    tables.operating_state.change(resumed, EVENT)

    assert tables.operating_state.switches() == resumed


def test_a_change_is_stored_with_its_audit_event(tables):
    tables.operating_state.change(changed(endpoint_off=True), EVENT)

    (entry,) = written(tables)
    assert (entry.action, entry.actor, entry.details) == (
        AuditAction.SWITCHED,
        "mia",
        {"why": "a test"},
    )


@pytest.mark.parametrize("earlier", [0, 1])
def test_a_change_of_an_older_version_is_refused_and_not_recorded(tables, earlier):
    seen = Switches()
    for _ in range(earlier):
        seen = changed(seen, brownout=False)
        tables.operating_state.change(seen, EVENT)
    tables.operating_state.change(changed(seen, endpoint_off=True), EVENT)

    with pytest.raises(Conflict):
        tables.operating_state.change(changed(seen, avatars_at_most=3), EVENT)

    assert tables.operating_state.switches().endpoint_off
    assert len(written(tables)) == earlier + 1


def test_each_shortage_is_reported_for_itself(tables):
    reports = [short(5), short(7, of=Scarce.DETECTOR)]
    for report in reports:
        tables.operating_state.report(report)

    assert sorted(tables.operating_state.shortages(), key=lambda one: one.of) == reports


def test_a_longer_wait_replaces_a_shorter_one_and_not_the_reverse(tables):
    for minutes in (5, 60, 7):
        tables.operating_state.report(short(minutes))

    assert tables.operating_state.shortages() == [short(60)]


@pytest.mark.parametrize(("later", "stored"), [(timedelta(0), 7), (timedelta(minutes=-1), 60)])
def test_a_wait_is_replaced_once_it_is_old(tables, later, stored):
    tables.operating_state.report(short(60))

    tables.operating_state.report(short(7, at=NOW + REPORTED_WITHIN + later))

    (found,) = tables.operating_state.shortages()
    assert found.waited_s == 60 * stored
