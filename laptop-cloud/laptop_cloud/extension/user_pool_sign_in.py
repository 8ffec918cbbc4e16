"""Gap: Cognito binds a challenge to its session, requires MFA, honours a client's rights."""

from __future__ import annotations

import base64
import json
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import cognito

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Pool = dict[str, Any]
User = dict[str, Any]
Answer = tuple[int, dict[str, str], bytes]

TOTP = "SOFTWARE_TOKEN_MFA"
SESSION_MINUTES = 3  # AuthSessionValidity, if the client sets none
NEW_PASSWORD, SETUP = "NEW_PASSWORD_REQUIRED", "MFA_SETUP"
OURS = frozenset({NEW_PASSWORD, SETUP, TOTP})


@dataclass(slots=True)
class Session:
    """A sign-in that has passed the password and waits for the answer to one challenge.

    A session is replaced by the next challenge's. A wrong answer leaves it valid.
    """

    pool_id: str
    client_id: str
    username: str
    challenge: str
    until: float
    secret: str = ""  # of an authenticator that is being set up
    verified: bool = False


_sessions: dict[str, Session] = {}


def install() -> None:
    cognito._password_auth_result = passed_password
    cognito._respond_to_auth_challenge = _answered(cognito._respond_to_auth_challenge)
    cognito._admin_respond_to_auth_challenge = _answered(cognito._admin_respond_to_auth_challenge)
    cognito._associate_software_token = _with_session(cognito._associate_software_token, associate)
    cognito._verify_software_token = _with_session(cognito._verify_software_token, verify)
    cognito._sign_up = _checked(cognito._sign_up, _sign_up_error)
    cognito._update_user_attributes = _checked(cognito._update_user_attributes, _update_error)
    create, update = cognito._admin_create_user, cognito._admin_update_user_attributes
    cognito._admin_create_user = _checked(_with_password(create), _schema_error)
    cognito._admin_update_user_attributes = _checked(update, _schema_error)
    cognito._forgot_password = _checked(cognito._forgot_password, _recovery_error)


# ---------------------------------------------------------------- challenges


def passed_password(  # noqa: PLR0917  MiniStack's signature
    pool: Pool,
    pool_id: str,
    client_id: str,
    user: User,
    username: str,
    client_metadata: dict[str, Any] | None = None,
    data: dict[str, Any] | None = None,
) -> Answer:
    """The answer to a right password: a challenge, or tokens if none is due."""
    del username
    challenge = _due(pool, user)
    cognito._record_auth_event(
        pool,
        user,
        data or {},
        "SignIn",
        "InProgress" if challenge else "Pass",
        (("Password", "Success"),),
    )
    if challenge:
        return _challenge(pool, pool_id, client_id, user, challenge)
    return _tokens(pool_id, client_id, user, client_metadata)


def _due(pool: Pool, user: User) -> str | None:
    """With `MfaConfiguration` ON every user must have MFA: botocore, CreateUserPool."""
    if user.get("UserStatus") == "FORCE_CHANGE_PASSWORD":
        return NEW_PASSWORD
    mfa = pool.get("MfaConfiguration", "OFF")
    if mfa != "OFF" and TOTP in user.get("_mfa_enabled", []):
        return TOTP
    return SETUP if mfa == "ON" else None


def _challenge(pool: Pool, pool_id: str, client_id: str, user: User, name: str) -> Answer:
    parameters = {"USER_ID_FOR_SRP": user["Username"]}
    if name == NEW_PASSWORD:
        attributes = cognito._attr_list_to_dict(user.get("Attributes", []))
        parameters |= {"requiredAttributes": "[]", "userAttributes": json.dumps(attributes)}
    elif name == SETUP:
        parameters["MFAS_CAN_SETUP"] = json.dumps([TOTP])
    token = _begin(pool, Session(pool_id, client_id, user["Username"], name, until=0))
    return _json({"ChallengeName": name, "Session": token, "ChallengeParameters": parameters})


def _begin(pool: Pool, session: Session) -> str:
    client = pool["_clients"].get(session.client_id, {})
    session.until = time.time() + 60 * int(client.get("AuthSessionValidity") or SESSION_MINUTES)
    token = base64.b64encode(secrets.token_bytes(48)).decode()
    _sessions[token] = session
    return token


def _answered(shipped: Callable[[dict[str, Any]], Answer]) -> Callable[[dict[str, Any]], Answer]:
    """RespondToAuthChallenge for the challenges here; `shipped` has the others."""

    def respond(data: dict[str, Any]) -> Answer:
        name = data.get("ChallengeName", "")
        return answer(data, name) if name in OURS else shipped(data)

    return respond


def answer(data: dict[str, Any], name: str) -> Answer:
    """Take the answer to a challenge; returns the next challenge, or tokens."""
    session = _session(data, name)
    given = data.get("ChallengeResponses") or {}
    if session is None or session.client_id != data.get("ClientId"):
        return _refuse("NotAuthorizedException", "Invalid session for the user.")
    pool = cognito._user_pools.get(session.pool_id) or {}
    user = pool.get("_users", {}).get(session.username)
    if user is None or given.get("USERNAME") not in _names(user):
        return _refuse("NotAuthorizedException", "Invalid session for the user.")
    if not user.get("Enabled", True):
        return _refuse("NotAuthorizedException", "User is disabled.")
    wrong = _wrong(pool, user, name, given, session)
    if wrong:
        return wrong
    del _sessions[data["Session"]]
    following = _due(pool, user) if name == NEW_PASSWORD else None
    if following:
        return _challenge(pool, session.pool_id, session.client_id, user, following)
    return _tokens(session.pool_id, session.client_id, user, data.get("ClientMetadata"))


def _wrong(
    pool: Pool, user: User, name: str, given: dict[str, str], session: Session
) -> Answer | None:
    """Why the answer is refused; a right one takes effect."""
    if name == NEW_PASSWORD:
        refused: Answer | None = cognito._validate_password(pool, given.get("NEW_PASSWORD", ""))
        if refused is None:
            user.update(_password=given["NEW_PASSWORD"], UserStatus="CONFIRMED")
        return refused
    if name == SETUP:
        if session.verified:
            return None
        return _refuse("NotAuthorizedException", "The software token was not verified.")
    return _code_error(user, str(user.get("_totp_secret")), given.get("SOFTWARE_TOKEN_MFA_CODE"))


def _code_error(user: User, secret: str, code: str | None) -> Answer | None:
    """A code is good once: ExpiredCodeException of RespondToAuthChallenge."""
    if not cognito._totp_matches(secret, code):
        return _refuse("CodeMismatchException", "Invalid code received for user")
    if code in user.setdefault("_totp_used", []):
        return _refuse("ExpiredCodeException", "Your software token has already been used once.")
    user["_totp_used"] = [*user["_totp_used"], code][-3:]  # the codes that are valid at a time
    return None


def _tokens(pool_id: str, client_id: str, user: User, metadata: dict[str, Any] | None) -> Answer:
    result = cognito._build_auth_result(pool_id, client_id, user, client_metadata=metadata)
    return _json({"AuthenticationResult": result})


# ---------------------------------------------------------------- setting up an authenticator


def _with_session(
    shipped: Callable[[dict[str, Any]], Answer], ours: Callable[[dict[str, Any]], Answer]
) -> Callable[[dict[str, Any]], Answer]:
    """A request has an access token or a session, not both: botocore, VerifySoftwareToken."""

    def run(data: dict[str, Any]) -> Answer:
        return shipped(data) if data.get("AccessToken") else ours(data)

    return run


def associate(data: dict[str, Any]) -> Answer:
    session = _session(data, SETUP)
    if session is None:
        return _refuse("NotAuthorizedException", "Invalid session for the user.")
    session.secret = base64.b32encode(secrets.token_bytes(20)).decode()
    return _json({"SecretCode": session.secret, "Session": data["Session"]})


def verify(data: dict[str, Any]) -> Answer:
    session = _session(data, SETUP)
    if session is None or not session.secret:
        return _refuse("NotAuthorizedException", "Invalid session for the user.")
    user = cognito._user_pools[session.pool_id]["_users"].get(session.username)
    if user is None:
        return _refuse("UserNotFoundException", "User does not exist.")
    if not cognito._totp_matches(session.secret, data.get("UserCode")):
        return _refuse("EnableSoftwareTokenMFAException", "Code mismatch")
    session.verified = True
    user.update(_totp_secret=session.secret, _preferred_mfa=TOTP, _totp_used=[data["UserCode"]])
    user["_mfa_enabled"] = sorted({*user.get("_mfa_enabled", []), TOTP})
    return _json({"Status": "SUCCESS", "Session": data["Session"]})


# ---------------------------------------------------------------- rights of the client


def _checked(
    shipped: Callable[[dict[str, Any]], Answer],
    error: Callable[[dict[str, Any]], Answer | None],
) -> Callable[[dict[str, Any]], Answer]:
    def run(data: dict[str, Any]) -> Answer:
        return error(data) or shipped(data)

    return run


def _with_password(
    shipped: Callable[[dict[str, Any]], Answer],
) -> Callable[[dict[str, Any]], Answer]:
    """A generated temporary password obeys the pool's policy."""

    def create(data: dict[str, Any]) -> Answer:
        pool = cognito._user_pools.get(data.get("UserPoolId")) or {}
        length = pool.get("Policies", {}).get("PasswordPolicy", {}).get("MinimumLength", 8)
        password = f"{secrets.token_hex(int(length))}aA1!"
        return shipped({"TemporaryPassword": password, **data})

    return create


def _sign_up_error(data: dict[str, Any]) -> Answer | None:
    """AllowAdminCreateUserOnly: AdminCreateUserConfigType in botocore."""
    pool, _ = cognito._pool_for_client(data.get("ClientId"))
    if pool and (pool.get("AdminCreateUserConfig") or {}).get("AllowAdminCreateUserOnly"):
        return _refuse("NotAuthorizedException", "SignUp is not permitted for this user pool")
    return _attribute_error(pool, data.get("ClientId"), data.get("UserAttributes"))


def _recovery_error(data: dict[str, Any]) -> Answer | None:
    """A code goes to a verified address only: ForgotPassword in botocore."""
    pool, _ = cognito._pool_for_client(data.get("ClientId"))
    user = (pool or {}).get("_users", {}).get(data.get("Username"))
    if user is None:
        return None
    attributes = cognito._attr_list_to_dict(user.get("Attributes", []))
    if any(attributes.get(f"{one}_verified") == "true" for one in ("email", "phone_number")):
        return None
    return _refuse(
        "InvalidParameterException",
        "Cannot reset password for the user as there is no registered/verified email or "
        "phone_number",
    )


def _update_error(data: dict[str, Any]) -> Answer | None:
    _, pool = cognito._user_pool_for_access_token(data.get("AccessToken", ""))
    claims = cognito._token_claims(data.get("AccessToken", ""))
    return _attribute_error(pool, claims.get("client_id"), data.get("UserAttributes"))


def _attribute_error(
    pool: Pool | None, client_id: str | None, attributes: Iterable[dict[str, str]] | None
) -> Answer | None:
    """`WriteAttributes` of the client; a client that lists none may write every attribute."""
    client = (pool or {}).get("_clients", {}).get(client_id) or {}
    writable = client.get("WriteAttributes")
    if not writable or all(one.get("Name") in writable for one in attributes or ()):
        return None
    return _refuse("NotAuthorizedException", "A client attempted to write unauthorized attribute")


def _schema_error(data: dict[str, Any]) -> Answer | None:
    """Of an administrator: the pool must have each attribute, with room for its value.

    A blank value deletes the attribute (API reference, AdminUpdateUserAttributes). The message is
    the service's (aws-amplify/amplify-flutter#509 on GitHub).
    """
    pool = cognito._user_pools.get(data.get("UserPoolId"))
    if pool is None:
        return None
    schema = {one["Name"]: one for one in pool.get("SchemaAttributes", ())}
    faults = []
    for one in data.get("UserAttributes") or ():
        name, value = one["Name"], one.get("Value") or ""
        limits = schema.get(name, {}).get("StringAttributeConstraints") or {}
        longest = int(limits.get("MaxLength") or 2048)
        if name not in schema:
            faults.append(f"{name}: Attribute does not exist in the schema.")
        elif len(value) > longest:
            faults.append(f"{name}: String must be no longer than {longest} characters")
    if not faults:
        return None
    text = "Attributes did not conform to the schema: " + "\n".join(faults)
    return _refuse("InvalidParameterException", text)


def _session(data: dict[str, Any], challenge: str) -> Session | None:
    found = _sessions.get(str(data.get("Session")))
    if found is None or found.challenge != challenge:
        return None
    if found.until < time.time():
        del _sessions[data["Session"]]
        return None
    return found


def _names(user: User) -> set[str]:
    attributes = cognito._attr_list_to_dict(user.get("Attributes", []))
    return {user["Username"], *(attributes[one] for one in ("email", "sub") if one in attributes)}


def _json(content: dict[str, Any]) -> Answer:
    found: Answer = json_response(content)
    return found


def _refuse(kind: str, message: str) -> Answer:
    refused: Answer = error_response_json(kind, message, 400)
    return refused
