"""Leads manage the desk's accounts."""

from datetime import UTC, datetime

import pytest

from likeness.api.review import ChangeStaff, InviteStaff
from likeness.domain.errors import Conflict, Forbidden, Invalid, NotFound
from likeness.domain.review.audit import AuditAction
from likeness.domain.review.case import Moderator
from likeness.services.review.change_staff import change_staff
from likeness.services.review.delete_staff import delete_staff
from likeness.services.review.invite_staff import invite_staff
from likeness.services.review.read_staff import read_staff
from likeness.services.review.reset_authenticator import reset_authenticator
from tests.builders import NOW
from tests.fakes.calls import FakeClock
from tests.fakes.staff import FakeStaff, a_member
from tests.fakes.tables import FakeAuditLog

LEAD = Moderator(id="lead-1", lead=True)
INVITED = InviteStaff(username="ben", email="ben@example.org", app_user_id="user-7")


class Desk:
    def __init__(self) -> None:
        self.staff = FakeStaff(
            a_member("ann", "mod-1", "moderators"),
            a_member("lea", "lead-1", "moderators", "moderation-leads"),
        )
        self.audit_log = FakeAuditLog()

    def call(self, work, *given, moderator=LEAD):
        return work(
            *given,
            moderator=moderator,
            staff=self.staff,
            audit_log=self.audit_log,
            clock=FakeClock(NOW),
        )

    def call_read(self, moderator):
        return read_staff(moderator=moderator, staff=self.staff, clock=FakeClock(NOW))

    def change(self, username, by=LEAD, **fields):
        request = ChangeStaff(**{"enabled": True, "moderator": True, "lead": False} | fields)
        return self.call(change_staff, username, request, moderator=by)

    def recorded(self):
        return [(one.action, one.actor, one.details["account"]) for one in self.audit_log.written]


@pytest.fixture
def desk():
    return Desk()


def test_a_lead_sees_every_account(desk):
    seen = desk.call_read(LEAD).staff

    assert [(one.username, one.moderator, one.lead) for one in seen] == [
        ("ann", True, False),
        ("lea", True, True),
    ]


def test_a_lead_invites_a_moderator(desk):
    view = desk.call(invite_staff, INVITED)

    assert (view.username, view.status, view.moderator, view.lead) == (
        "ben",
        "invited",
        True,
        False,
    )
    assert view.app_user_id == "user-7"
    assert desk.staff.mailed == ["ben"]
    assert desk.recorded() == [(AuditAction.STAFF_INVITED, "lead-1", "ben")]


def test_a_person_who_lost_the_mail_is_invited_again_and_one_who_signed_in_is_not(desk):
    desk.call(invite_staff, INVITED)
    desk.call(invite_staff, INVITED)

    assert desk.staff.mailed == ["ben", "ben"]
    with pytest.raises(Conflict):
        desk.call(invite_staff, INVITED.model_copy(update={"username": "ann"}))


@pytest.mark.parametrize(
    ("change", "signed_out"),
    [
        ({"enabled": False}, ["ann"]),
        ({"moderator": False}, ["ann"]),
        ({"lead": True}, []),
    ],
)
def test_less_access_ends_the_sessions(desk, change, signed_out):
    desk.change("ann", **change)

    assert desk.staff.signed_out == signed_out
    assert desk.recorded() == [(AuditAction.STAFF_CHANGED, "lead-1", "ann")]
    assert desk.audit_log.written[0].details["groups"] == " ".join(
        sorted(desk.staff.find("ann").groups)
    )


def test_an_authenticator_is_reset_and_an_account_deleted(desk):
    desk.call(reset_authenticator, "ann")
    left = desk.call(delete_staff, "ann")

    assert desk.staff.signed_out == ["ann"]
    assert [one.username for one in left.staff] == ["lea"]
    assert [action for action, _, _ in desk.recorded()] == [
        AuditAction.AUTHENTICATOR_RESET,
        AuditAction.STAFF_DELETED,
    ]


EVERY_CHANGE = [
    lambda desk, who, by: desk.change(who, by),
    lambda desk, who, by: desk.call(reset_authenticator, who, moderator=by),
    lambda desk, who, by: desk.call(delete_staff, who, moderator=by),
]


@pytest.mark.parametrize("change", EVERY_CHANGE)
def test_only_leads_change_accounts(desk, change):
    with pytest.raises(Forbidden):
        change(desk, "ann", Moderator(id="mod-2"))
    with pytest.raises(Forbidden):
        desk.call_read(Moderator(id="mod-2"))

    assert desk.recorded() == []


@pytest.mark.parametrize("change", EVERY_CHANGE)
def test_a_lead_cannot_change_their_own_account_or_one_that_does_not_exist(desk, change):
    with pytest.raises(Conflict):
        change(desk, "lea", LEAD)
    with pytest.raises(NotFound):
        change(desk, "nadia", LEAD)

    assert desk.recorded() == []


def test_a_lead_sets_a_time_zone_at_the_invitation_and_later(desk):
    invited = INVITED.model_copy(update={"time_zone": "Asia/Calcutta"})
    view = desk.call(invite_staff, invited)
    assert (view.time_zone, view.time_zone_from) == ("Asia/Kolkata", None), "its current name"

    view = desk.change("ben", time_zone="Europe/Berlin")

    midnight = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)
    assert (view.time_zone, view.time_zone_from) == ("Europe/Berlin", midnight)
    assert desk.change("ben").time_zone == "Europe/Berlin", "not given: unchanged"
    assert desk.audit_log.written[-1].details["time_zone"] == "Europe/Berlin"


def test_another_invitation_does_not_move_the_day_at_once(desk):
    desk.call(invite_staff, INVITED.model_copy(update={"time_zone": "America/Los_Angeles"}))
    view = desk.call(invite_staff, INVITED.model_copy(update={"time_zone": "Asia/Tokyo"}))
    assert view.time_zone_from is not None


def test_a_time_zone_that_does_not_exist_is_refused_before_anything_is_changed(desk):
    with pytest.raises(Invalid, match="Europe/Atlantis"):
        desk.change("ann", time_zone="Europe/Atlantis")
    with pytest.raises(Invalid, match="Europe/Atlantis"):
        desk.call(invite_staff, INVITED.model_copy(update={"time_zone": "Europe/Atlantis"}))
    assert not desk.audit_log.written
