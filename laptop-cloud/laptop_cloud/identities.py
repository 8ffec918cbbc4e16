"""Users of the cloud: operations, the application that calls the API, a user of the pool.

None of them works as the account's root.
"""

from __future__ import annotations

import json
import secrets
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from laptop_cloud import places

if TYPE_CHECKING:
    from laptop_cloud.clients import Clients
    from laptop_cloud.project import Api, User

HOURS_12 = 43_200
OPS_ROLE = "laptop-cloud-ops"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


@dataclass(frozen=True, slots=True)
class RoleCredentials:
    """Temporary credentials of a role, valid for twelve hours."""

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
class SignedIn:
    """A user of the pool who has signed in. The token is valid for an hour."""

    username: str
    password: str
    token: str


def make_ops(root: Clients) -> None:
    """Create the role that deploys: on AWS, the sign-in of an administrator."""
    iam = root("iam")
    _put_role(iam, OPS_ROLE)
    iam.attach_role_policy(RoleName=OPS_ROLE, PolicyArn=ADMINISTRATOR)


def make_application(root: Clients, api: Api, api_id: str) -> None:
    """Create the role of the application: it may call this API and nothing else."""
    iam = root("iam")
    _put_role(iam, api.role)
    arn = f"arn:aws:execute-api:{places.REGION}:{places.ACCOUNT}:{api_id}/*/*{api.routes}"
    statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": arn}
    iam.put_role_policy(
        RoleName=api.role,
        PolicyName="call-the-api",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )


def make_user(root: Clients, user: User, pool_id: str, known_password: str | None = None) -> str:
    """Create the user; returns the password, which a later deployment does not change."""
    cognito = root("cognito-idp")
    password = known_password or f"{secrets.token_urlsafe(18)}aA1!"
    with suppress(cognito.exceptions.UsernameExistsException):
        cognito.admin_create_user(
            UserPoolId=pool_id,
            Username=user.name,
            TemporaryPassword=password,
            MessageAction="SUPPRESS",
        )
    cognito.admin_set_user_password(
        UserPoolId=pool_id, Username=user.name, Password=password, Permanent=True
    )
    known = {one["GroupName"] for one in cognito.list_groups(UserPoolId=pool_id)["Groups"]}
    for group in user.groups:
        if group in known:
            cognito.admin_add_user_to_group(UserPoolId=pool_id, Username=user.name, GroupName=group)
    return password


def assume(root: Clients, role: str) -> RoleCredentials:
    found = root("sts").assume_role(
        RoleArn=f"arn:aws:iam::{places.ACCOUNT}:role/{role}",
        RoleSessionName="laptop",
        DurationSeconds=HOURS_12,
    )["Credentials"]
    return RoleCredentials(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])


def sign_in(root: Clients, user: User, client_id: str, password: str) -> SignedIn:
    answer = root("cognito-idp").initiate_auth(
        ClientId=client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": user.name, "PASSWORD": password},
    )
    return SignedIn(user.name, password, answer["AuthenticationResult"]["IdToken"])


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
