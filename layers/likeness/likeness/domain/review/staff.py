"""The people of the review desk, as the user pool has them."""

from enum import StrEnum

from pydantic import AwareDatetime, Field

from likeness.domain.account.quota import UserZone
from likeness.domain.errors import AccessRevoked, Forbidden, OwnAccount
from likeness.domain.ids import UserIdField
from likeness.domain.record import Record
from likeness.domain.review.case import UTC_ZONE, Moderator

LEADS = "moderation-leads"
MODERATORS = "moderators"


class StaffStatus(StrEnum):
    """`invited`: the person has not signed in yet."""

    INVITED = "invited"
    ACTIVE = "active"
    RESET = "reset"
    DISABLED = "disabled"


class StaffMember(Record):
    """An account of the pool."""

    username: str
    id: str = Field(description="the account's `sub`; a new account of the same name has another")
    enabled: bool
    groups: frozenset[str]
    email: str | None = None
    app_user_id: UserIdField | None = None
    zone: UserZone = UTC_ZONE
    status: StaffStatus = StaffStatus.ACTIVE
    created_at: AwareDatetime | None = None

    @property
    def lead(self) -> bool:
        return LEADS in self.groups

    def moderator(self, subject: str) -> Moderator:
        """The moderator with this token subject.

        Raises AccessRevoked if the account is disabled or another one of the same name, and
        Forbidden if it is in neither group.
        """
        if not self.enabled or self.id != subject:
            raise AccessRevoked("your account has no access any more: ask a lead")
        if not {MODERATORS, LEADS} & self.groups:
            raise Forbidden("your account is in none of the desk's groups: ask a lead")
        return Moderator(id=self.id, lead=self.lead, app_user_id=self.app_user_id, zone=self.zone)


def require_lead(moderator: Moderator) -> None:
    if not moderator.lead:
        raise Forbidden("only leads manage the desk's accounts")


def require_another(moderator: Moderator, member: StaffMember) -> None:
    """Leads do not change their own account, so at least one lead always remains."""
    if member.id == moderator.id:
        raise OwnAccount("you cannot change your own account: ask another lead")
