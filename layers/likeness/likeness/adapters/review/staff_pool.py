"""The moderators' accounts in a Cognito user pool."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from likeness.adapters.aws_errors import domain_errors
from likeness.domain.account.quota import UserZone
from likeness.domain.errors import AccountExists, Denied, Unavailable
from likeness.domain.ids import UserId
from likeness.domain.review.case import UTC_ZONE
from likeness.domain.review.staff import LEADS, MODERATORS, StaffMember, StaffStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from mypy_boto3_cognito_idp.client import CognitoIdentityProviderClient
    from mypy_boto3_cognito_idp.type_defs import AttributeTypeTypeDef

    from likeness.ports.runtime import Clock

APP_USER = "custom:app_user_id"
ZONE = "custom:time_zone"  # a UserZone as JSON: a change that waits for the end of a day is in it
SUBJECT = re.compile(r"[A-Za-z0-9-]{1,128}")  # a UUID; it is part of a filter
GROUPS = (MODERATORS, LEADS)
# While Cognito throttles, an account that was read this recently is believed. AdminGetUser allows
# 120 requests a second and AdminListGroupsForUser 50 (quotas UserRead and UserResourceRead).
BELIEVED = timedelta(seconds=60)
STATUS = {
    "FORCE_CHANGE_PASSWORD": StaffStatus.INVITED,
    "RESET_REQUIRED": StaffStatus.RESET,
}


class StaffPool:
    def __init__(self, client: CognitoIdentityProviderClient, pool: str, clock: Clock) -> None:
        self._client = client
        self._pool = pool
        self._clock = clock
        self._read: dict[str, tuple[datetime, StaffMember]] = {}

    def find(self, username: str) -> StaffMember | None:
        """Two calls: AdminGetUser has no groups, and a token's groups are those of its issue."""
        now = self._clock.now()
        try:
            member = self._find(username)
        except Denied:
            raise
        except Unavailable:
            at, member = self._read.get(username, (None, None))
            if at is None or now - at > BELIEVED:
                raise
            return member
        if member is None:
            self._read.pop(username, None)
        else:
            self._read[username] = (now, member)
        return member

    def _find(self, username: str) -> StaffMember | None:
        who = self._who(username)
        with domain_errors(), suppress(self._client.exceptions.UserNotFoundException):
            found = self._client.admin_get_user(**who)
            groups = self._client.get_paginator("admin_list_groups_for_user").paginate(**who)
            return _member(
                found["Username"],
                found.get("UserAttributes", []),
                enabled=found["Enabled"],
                status=found["UserStatus"],
                created=found["UserCreateDate"],
                groups=(one["GroupName"] for page in groups for one in page["Groups"]),
            )
        return None

    def with_id(self, moderator: str) -> StaffMember | None:
        """The filter matches one account exactly (Cognito API reference, ListUsers, Filter)."""
        if not SUBJECT.fullmatch(moderator):
            return None
        with domain_errors():
            users = self._client.list_users(UserPoolId=self._pool, Filter=f'sub = "{moderator}"')
        return next((self.find(user["Username"]) for user in users["Users"]), None)

    def all(self) -> list[StaffMember]:
        with domain_errors():
            groups = {name: set(self._in_group(name)) for name in GROUPS}
            pages = self._client.get_paginator("list_users").paginate(UserPoolId=self._pool)
            found = [
                _member(
                    user["Username"],
                    user.get("Attributes", []),
                    enabled=user["Enabled"],
                    status=user["UserStatus"],
                    created=user["UserCreateDate"],
                    groups=(name for name in GROUPS if user["Username"] in groups[name]),
                )
                for page in pages
                for user in page["Users"]
            ]
        return sorted(found, key=lambda one: one.username)

    def invite(self, member: StaffMember) -> None:
        who = self._who(member.username)
        attributes: list[AttributeTypeTypeDef] = [
            {"Name": "email", "Value": member.email or ""},
            {"Name": "email_verified", "Value": "true"},
            *_own(member),
        ]
        with domain_errors():
            try:
                self._client.admin_create_user(
                    **who, UserAttributes=attributes, DesiredDeliveryMediums=["EMAIL"]
                )
            except self._client.exceptions.UsernameExistsException:
                known = self._find(member.username)
                if known is None or known.status is not StaffStatus.INVITED:
                    raise AccountExists(f"{member.username} has an account already") from None
                self._client.admin_update_user_attributes(**who, UserAttributes=attributes)
                self._client.admin_create_user(
                    **who, MessageAction="RESEND", DesiredDeliveryMediums=["EMAIL"]
                )
            self._set_groups(member)

    def save(self, member: StaffMember, *, seen: StaffMember) -> None:
        """Access is taken away first and given last: a call in between may fail. A repeated request
        sees that the groups were removed, so the sessions have to be ended before that."""
        who = self._who(member.username)
        with domain_errors():
            if not member.enabled:
                self._client.admin_disable_user(**who)
            if not member.enabled or seen.groups - member.groups:
                self._client.admin_user_global_sign_out(**who)
            self._set_groups(member)
            none: list[AttributeTypeTypeDef] = [{"Name": APP_USER, "Value": ""}]
            self._client.admin_update_user_attributes(
                **who, UserAttributes=_own(member) + (none if not member.app_user_id else [])
            )
            if member.enabled:
                self._client.admin_enable_user(**who)

    def reset_authenticator(self, username: str) -> None:
        """In a pool that requires MFA, a user without a factor sets one up at the next sign-in."""
        who = self._who(username)
        with domain_errors():
            self._client.admin_set_user_mfa_preference(
                **who, SoftwareTokenMfaSettings={"Enabled": False, "PreferredMfa": False}
            )
            self._client.admin_user_global_sign_out(**who)

    def delete(self, username: str) -> None:
        with domain_errors(), suppress(self._client.exceptions.UserNotFoundException):
            self._client.admin_delete_user(UserPoolId=self._pool, Username=username)

    def _who(self, username: str) -> Any:
        return {"UserPoolId": self._pool, "Username": username}

    def _in_group(self, name: str) -> Iterator[str]:
        pages = self._client.get_paginator("list_users_in_group").paginate(
            UserPoolId=self._pool, GroupName=name
        )
        return (user["Username"] for page in pages for user in page["Users"])

    def _set_groups(self, member: StaffMember) -> None:
        """Both operations are idempotent. Cognito has no one call for all groups."""
        for name in GROUPS:
            where = {
                "UserPoolId": self._pool,
                "Username": member.username,
                "GroupName": name,
            }
            if name in member.groups:
                self._client.admin_add_user_to_group(**where)
            else:
                self._client.admin_remove_user_from_group(**where)


def _own(member: StaffMember) -> list[AttributeTypeTypeDef]:
    """The attributes that only leads and ops can write. Cognito takes no empty one at creation."""
    values = {APP_USER: member.app_user_id, ZONE: member.zone.model_dump_json()}
    return [{"Name": name, "Value": value} for name, value in values.items() if value]


def _member(
    username: str,
    attributes: Iterable[AttributeTypeTypeDef],
    *,
    enabled: bool,
    status: str,
    created: datetime,
    groups: Iterable[str],
) -> StaffMember:
    values = {one["Name"]: one.get("Value", "") for one in attributes}
    account, zone = values.get(APP_USER), values.get(ZONE)
    return StaffMember(
        username=username,
        id=values["sub"],
        enabled=enabled,
        groups=frozenset(groups),
        email=values.get("email") or None,
        app_user_id=UserId(account) if account else None,
        zone=UserZone.model_validate_json(zone) if zone else UTC_ZONE,
        status=STATUS.get(status, StaffStatus.ACTIVE) if enabled else StaffStatus.DISABLED,
        created_at=created,
    )
