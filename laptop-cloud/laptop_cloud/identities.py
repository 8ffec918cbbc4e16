"""The three kinds of user: the app backend, a moderator, ops. Nobody works as root."""

from __future__ import annotations

import json
import secrets
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from laptop_cloud import places

if TYPE_CHECKING:
    from laptop_cloud.clients import Clients

HOURS_12 = 43_200
APP_ROLE = "likeness-app-backend"
OPS_ROLE = "likeness-ops"
MODERATOR = "moderator"
GROUPS = ("moderators", "moderation-leads")
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Temporary credentials of a role; good for twelve hours."""

    access_key: str
    secret_key: str
    session_token: str

    def environment(self, prefix: str = "") -> dict[str, str]:
        return {
            f"{prefix}AWS_ACCESS_KEY_ID": self.access_key,
            f"{prefix}AWS_SECRET_ACCESS_KEY": self.secret_key,
            f"{prefix}AWS_SESSION_TOKEN": self.session_token,
        }


@dataclass(frozen=True, slots=True)
class Moderator:
    """Somebody who works the review queue. The token is good for an hour."""

    username: str
    password: str
    token: str


def make_ops(root: Clients) -> None:
    """The role that deploys: what an administrator's sign-in is on AWS."""
    iam = root("iam")
    _put_role(iam, OPS_ROLE)
    iam.attach_role_policy(RoleName=OPS_ROLE, PolicyArn=ADMINISTRATOR)


def make_app_backend(root: Clients, api_id: str) -> None:
    """The app backend's role: it may call this API, and nothing else."""
    iam = root("iam")
    _put_role(iam, APP_ROLE)
    arn = f"arn:aws:execute-api:{places.REGION}:{places.ACCOUNT}:{api_id}/*/*/v1/*"
    statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": arn}
    iam.put_role_policy(
        RoleName=APP_ROLE,
        PolicyName="call-the-api",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )


def make_moderator(root: Clients, pool_id: str, known_password: str | None = None) -> str:
    """Make the moderator; returns the password, which a later deployment leaves as it is."""
    cognito = root("cognito-idp")
    password = known_password or f"{secrets.token_urlsafe(18)}aA1!"
    with suppress(cognito.exceptions.UsernameExistsException):
        cognito.admin_create_user(
            UserPoolId=pool_id,
            Username=MODERATOR,
            TemporaryPassword=password,
            MessageAction="SUPPRESS",
        )
    cognito.admin_set_user_password(
        UserPoolId=pool_id, Username=MODERATOR, Password=password, Permanent=True
    )
    known = {one["GroupName"] for one in cognito.list_groups(UserPoolId=pool_id)["Groups"]}
    for group in GROUPS:
        if group in known:
            cognito.admin_add_user_to_group(UserPoolId=pool_id, Username=MODERATOR, GroupName=group)
    return password


def assume(root: Clients, role: str) -> Credentials:
    found = root("sts").assume_role(
        RoleArn=f"arn:aws:iam::{places.ACCOUNT}:role/{role}",
        RoleSessionName="laptop",
        DurationSeconds=HOURS_12,
    )["Credentials"]
    return Credentials(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])


def sign_in(root: Clients, client_id: str, password: str) -> Moderator:
    answer = root("cognito-idp").initiate_auth(
        ClientId=client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": MODERATOR, "PASSWORD": password},
    )
    return Moderator(MODERATOR, password, answer["AuthenticationResult"]["IdToken"])


def _put_role(iam: Any, name: str) -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{places.ACCOUNT}:root"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    with suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=json.dumps(trust),
            MaxSessionDuration=HOURS_12,
        )
