"""Users of the cloud: operations, the application that calls the API, a user of the pool.

None of them works as the account's root.
"""

from __future__ import annotations

import json
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyotp

from laptop_cloud import places

if TYPE_CHECKING:
    from laptop_cloud.clients import Clients
    from laptop_cloud.project import Api, User

HOURS_12 = 43_200
STEP_S = 30  # of a time-based code: RFC 6238
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
class Code:
    """A code that was not used yet, valid from `begins` on: s since the epoch."""

    text: str = ""
    begins: float = 0.0


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A user of the pool who has signed in."""

    username: str
    password: str
    token: str
    next_code: Code

    @property
    def code(self) -> str:
        """For the next sign-in; empty without MFA. Waits up to half a minute until it is valid."""
        time.sleep(max(0.0, self.next_code.begins - time.time()))
        return self.next_code.text


@dataclass(frozen=True, slots=True)
class PoolIds:
    pool: str
    client: str


@dataclass(frozen=True, slots=True)
class UserSecrets:
    """What a user signs in with. `totp` is the authenticator's key; empty: the pool has no MFA."""

    password: str = ""
    totp: str = ""


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


def make_user(root: Clients, user: User, ids: PoolIds, known: UserSecrets) -> UserSecrets:
    """Create the user; returns the secrets, which a later deployment does not change."""
    cognito = root("cognito-idp")
    password = known.password or f"{secrets.token_urlsafe(18)}aA1!"
    with suppress(cognito.exceptions.UsernameExistsException):
        cognito.admin_create_user(
            UserPoolId=ids.pool,
            Username=user.name,
            TemporaryPassword=password,
            MessageAction="SUPPRESS",
        )
    cognito.admin_set_user_password(
        UserPoolId=ids.pool, Username=user.name, Password=password, Permanent=True
    )
    groups = {one["GroupName"] for one in cognito.list_groups(UserPoolId=ids.pool)["Groups"]}
    for group in groups & set(user.groups):
        cognito.admin_add_user_to_group(UserPoolId=ids.pool, Username=user.name, GroupName=group)
    return UserSecrets(password, known.totp or set_up_mfa(cognito, ids.client, user.name, password))


def set_up_mfa(cognito: Any, client_id: str, username: str, password: str) -> str:
    """Register an authenticator at the first sign-in, if the pool requires one; returns its key."""
    answer = _start(cognito, client_id, username, password)
    if answer.get("ChallengeName") != "MFA_SETUP":
        return ""
    started = cognito.associate_software_token(Session=answer["Session"])
    key: str = started["SecretCode"]

    def verify(moment: float) -> None:
        code = pyotp.TOTP(key).at(moment)
        cognito.verify_software_token(Session=started["Session"], UserCode=code)

    try:
        verify(time.time() - STEP_S)  # they are used in order, from the last one on
    except cognito.exceptions.EnableSoftwareTokenMFAException:  # a step ended since: it is too old
        verify(time.time())
    return key


def assume(root: Clients, role: str) -> RoleCredentials:
    found = root("sts").assume_role(
        RoleArn=f"arn:aws:iam::{places.ACCOUNT}:role/{role}",
        RoleSessionName="laptop",
        DurationSeconds=HOURS_12,
    )["Credentials"]
    return RoleCredentials(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])


def sign_in(root: Clients, user: User, client_id: str, known: UserSecrets) -> SignedIn:
    cognito = root("cognito-idp")
    answer, code = _start(cognito, client_id, user.name, known.password), Code()
    if answer.get("ChallengeName") == "SOFTWARE_TOKEN_MFA":
        answer, code = _send_code(cognito, client_id, user.name, answer["Session"], known.totp)
    return SignedIn(user.name, known.password, answer["AuthenticationResult"]["IdToken"], code)


def _start(cognito: Any, client_id: str, username: str, password: str) -> Any:
    return cognito.initiate_auth(
        ClientId=client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": username, "PASSWORD": password},
    )


def _send_code(
    cognito: Any, client_id: str, username: str, session: str, key: str
) -> tuple[Any, Code]:
    """Send a code that was not used yet: Cognito takes each one once, and the last and next one.

    Returns its answer, and the code after it. They are used in order, so that one is unused too.
    """
    refused = (cognito.exceptions.ExpiredCodeException, cognito.exceptions.CodeMismatchException)
    totp = pyotp.TOTP(key)
    while True:
        now = time.time()
        step_ends = now - now % STEP_S + STEP_S
        for moment in (now - STEP_S, now, now + STEP_S):
            with suppress(*refused):  # used before, or too old since this moment
                answer = cognito.respond_to_auth_challenge(
                    ClientId=client_id,
                    ChallengeName="SOFTWARE_TOKEN_MFA",
                    Session=session,
                    ChallengeResponses={
                        "USERNAME": username,
                        "SOFTWARE_TOKEN_MFA_CODE": totp.at(moment),
                    },
                )
                return answer, Code(
                    totp.at(moment + STEP_S), begins=step_ends if moment > now else now
                )
        time.sleep(step_ends - now)


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
