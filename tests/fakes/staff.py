"""The moderators' accounts in memory."""

from likeness.domain.errors import AccountExists
from likeness.domain.review.staff import StaffMember, StaffStatus


def a_member(username: str, subject: str, *groups: str, **fields: object) -> StaffMember:
    return StaffMember.model_validate(
        {"username": username, "id": subject, "enabled": True, "groups": groups} | fields
    )


class FakeStaff:
    def __init__(self, *members: StaffMember) -> None:
        self._members = {one.username: one for one in members}
        self.signed_out: list[str] = []
        self.mailed: list[str] = []

    def find(self, username: str) -> StaffMember | None:
        return self._members.get(username)

    def with_id(self, moderator: str) -> StaffMember | None:
        return next((one for one in self._members.values() if one.id == moderator), None)

    def all(self) -> list[StaffMember]:
        return sorted(self._members.values(), key=lambda one: one.username)

    def invite(self, member: StaffMember) -> None:
        known = self.find(member.username)
        if known and known.status is not StaffStatus.INVITED:
            raise AccountExists("the account is in use")
        identified = {"id": known.id if known else f"sub-{member.username}"}
        self._members[member.username] = member.model_copy(update=identified)
        self.mailed.append(member.username)

    def save(self, member: StaffMember, *, seen: StaffMember) -> None:
        self._members[member.username] = member
        if not member.enabled or seen.groups - member.groups:
            self.signed_out.append(member.username)

    def reset_authenticator(self, username: str) -> None:
        self.signed_out.append(username)

    def delete(self, username: str) -> None:
        self._members.pop(username, None)
