"""The user pool signs in and refuses as Cognito does."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pyotp
import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from laptop_cloud.cloud import Cloud

pytestmark = pytest.mark.stack

NAME = "new-person"
TEMPORARY, CHOSEN = "Temporary-1-password", "Chosen-2-password"


@pytest.fixture
def cognito(laptop_cloud: Cloud) -> Any:
    return laptop_cloud.root()("cognito-idp")


@pytest.fixture
def person(laptop_cloud: Cloud, cognito: Any) -> Iterator[str]:
    pool = laptop_cloud.outputs["PoolId"]
    cognito.admin_create_user(
        UserPoolId=pool, Username=NAME, TemporaryPassword=TEMPORARY, MessageAction="SUPPRESS"
    )
    yield NAME
    cognito.admin_delete_user(UserPoolId=pool, Username=NAME)


class Desk:
    """What the page of a user pool's client sends."""

    def __init__(self, cognito: Any, client: str) -> None:
        self.cognito, self.client = cognito, client

    def start(self, password: str) -> Any:
        return self.cognito.initiate_auth(
            ClientId=self.client,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": NAME, "PASSWORD": password},
        )

    def answer(self, challenge: str, session: str, **given: str) -> Any:
        return self.cognito.respond_to_auth_challenge(
            ClientId=self.client,
            ChallengeName=challenge,
            Session=session,
            ChallengeResponses={"USERNAME": NAME, **given},
        )

    def choose(self, password: str = CHOSEN) -> Any:
        session = self.start(TEMPORARY)["Session"]
        return self.answer("NEW_PASSWORD_REQUIRED", session, NEW_PASSWORD=password)

    def set_up(self) -> tuple[str, Any]:
        """The key of the authenticator, and the tokens."""
        started = self.cognito.associate_software_token(Session=self.choose()["Session"])
        key = started["SecretCode"]
        verified = self.cognito.verify_software_token(
            Session=started["Session"], UserCode=pyotp.TOTP(key).now()
        )
        return key, self.answer("MFA_SETUP", verified["Session"])["AuthenticationResult"]


@pytest.fixture
def desk(laptop_cloud: Cloud, cognito: Any) -> Desk:
    return Desk(cognito, laptop_cloud.outputs["ClientId"])


def refusal(call: Any, *given: Any, **named: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(*given, **named)
    return str(caught.value.response["Error"]["Code"])


def test_a_new_person_chooses_a_password_sets_up_an_authenticator_and_is_in(
    desk: Desk, person: str
) -> None:
    chosen = desk.choose()

    assert chosen["ChallengeName"] == "MFA_SETUP"
    assert "AuthenticationResult" not in chosen
    assert desk.cognito.associate_software_token(Session=chosen["Session"])["SecretCode"]


def test_the_next_sign_in_asks_for_a_code_and_takes_each_once(desk: Desk, person: str) -> None:
    key, tokens = desk.set_up()
    asked = desk.start(CHOSEN)
    code = pyotp.TOTP(key).at(time.time() + 30)

    assert tokens["IdToken"]
    assert asked["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    assert desk.answer("SOFTWARE_TOKEN_MFA", asked["Session"], SOFTWARE_TOKEN_MFA_CODE=code)
    again = desk.start(CHOSEN)["Session"]
    assert (
        refusal(desk.answer, "SOFTWARE_TOKEN_MFA", again, SOFTWARE_TOKEN_MFA_CODE=code)
        == "ExpiredCodeException"
    )


def test_a_wrong_code_is_refused_and_the_session_stays(desk: Desk, person: str) -> None:
    key, _ = desk.set_up()
    session = desk.start(CHOSEN)["Session"]
    right = pyotp.TOTP(key).at(time.time() + 30)
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"

    refused = refusal(desk.answer, "SOFTWARE_TOKEN_MFA", session, SOFTWARE_TOKEN_MFA_CODE=wrong)

    assert refused == "CodeMismatchException"
    assert desk.answer("SOFTWARE_TOKEN_MFA", session, SOFTWARE_TOKEN_MFA_CODE=right)


@pytest.mark.parametrize("challenge", ["NEW_PASSWORD_REQUIRED", "MFA_SETUP", "SOFTWARE_TOKEN_MFA"])
@pytest.mark.parametrize("session", ["made-up-session-of-this-attacker", "of another challenge"])
def test_a_challenge_needs_its_own_session(
    desk: Desk, person: str, challenge: str, session: str
) -> None:
    if session == "of another challenge":
        started = desk.start(TEMPORARY)
        session = started["Session"]
        if challenge == "NEW_PASSWORD_REQUIRED":
            session = desk.answer(challenge, session, NEW_PASSWORD=CHOSEN)["Session"]
    given = {"NEW_PASSWORD": CHOSEN, "SOFTWARE_TOKEN_MFA_CODE": "000000"}

    assert refusal(desk.answer, challenge, session, **given) == "NotAuthorizedException"


def test_an_authenticator_must_be_verified(desk: Desk, person: str) -> None:
    started = desk.cognito.associate_software_token(Session=desk.choose()["Session"])

    assert (
        refusal(desk.cognito.verify_software_token, Session=started["Session"], UserCode="000000")
        == "EnableSoftwareTokenMFAException"
    )
    assert refusal(desk.answer, "MFA_SETUP", started["Session"]) == "NotAuthorizedException"


def test_a_weak_password_is_refused(desk: Desk, person: str) -> None:
    assert refusal(desk.choose, "short") == "InvalidPasswordException"


def test_a_guest_cannot_sign_up(desk: Desk) -> None:
    refused = refusal(desk.cognito.sign_up, ClientId=desk.client, Username="guest", Password=CHOSEN)

    assert refused == "NotAuthorizedException"


def test_a_user_writes_only_what_the_client_may_write(desk: Desk, person: str) -> None:
    _, tokens = desk.set_up()

    def write(name: str) -> Any:
        return desk.cognito.update_user_attributes(
            AccessToken=tokens["AccessToken"], UserAttributes=[{"Name": name, "Value": "a@b.de"}]
        )

    assert refusal(write, "nickname") == "NotAuthorizedException"
    assert write("email")


@pytest.mark.parametrize(
    ("name", "value"), [("custom:unknown", "x"), ("birthdate", "2026-11-22T12:00")]
)
def test_an_attribute_that_the_pool_does_not_have_is_refused(
    laptop_cloud: Cloud, cognito: Any, person: str, name: str, value: str
) -> None:
    pool = laptop_cloud.outputs["PoolId"]

    def write(value: str) -> Any:
        return cognito.admin_update_user_attributes(
            UserPoolId=pool, Username=person, UserAttributes=[{"Name": name, "Value": value}]
        )

    assert refusal(write, value) == "InvalidParameterException"
    if name == "birthdate":
        assert write("2026-11-22")
        assert write(""), "a blank value deletes the attribute"


def test_a_password_is_reset_only_by_a_verified_address(
    desk: Desk, laptop_cloud: Cloud, person: str
) -> None:
    def forget() -> Any:
        return desk.cognito.forgot_password(ClientId=desk.client, Username=NAME)

    desk.set_up()
    refused = refusal(forget)
    desk.cognito.admin_update_user_attributes(
        UserPoolId=laptop_cloud.outputs["PoolId"],
        Username=NAME,
        UserAttributes=[
            {"Name": "email", "Value": "new@example.org"},
            {"Name": "email_verified", "Value": "true"},
        ],
    )

    assert refused == "InvalidParameterException"
    assert forget()["CodeDeliveryDetails"]
