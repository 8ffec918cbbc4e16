"""The authorizers of the template decide who may call a route, as on AWS."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest

from laptop_cloud import identities, places
from support.calls import get, ops
from support.project import probe

if TYPE_CHECKING:
    from laptop_cloud.cloud import Cloud

pytestmark = pytest.mark.stack


def test_the_application_signs_its_calls(laptop_cloud: Cloud) -> None:
    signed = get(laptop_cloud, "/v1/signed", signer=laptop_cloud.app_credentials())

    assert signed.status_code == 200
    assert signed.json()["route"] == "GET /v1/signed"


def test_an_unsigned_call_of_a_signed_route_is_refused(laptop_cloud: Cloud) -> None:
    assert get(laptop_cloud, "/v1/signed").status_code == 403


def test_a_token_does_not_open_a_signed_route(laptop_cloud: Cloud) -> None:
    token = laptop_cloud.user().token

    assert get(laptop_cloud, "/v1/signed", token=token).status_code == 403
    assert get(laptop_cloud, "/v1/signed", token="anything").status_code == 403


def test_a_role_without_the_permission_to_invoke_is_refused(laptop_cloud: Cloud) -> None:
    iam = ops(laptop_cloud)("iam")
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": places.ACCOUNT},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    iam.create_role(RoleName="stranger", AssumeRolePolicyDocument=json.dumps(trust))
    stranger = identities.assume(laptop_cloud.root(), "stranger")

    assert get(laptop_cloud, "/v1/signed", signer=stranger).status_code == 403


def test_a_forged_signature_is_refused(laptop_cloud: Cloud) -> None:
    real = laptop_cloud.app_credentials()
    forged = identities.RoleCredentials(real.access_key, "not-the-secret", real.session_token)

    assert get(laptop_cloud, "/v1/signed", signer=forged).status_code == 403


@pytest.fixture(scope="module")
def user(laptop_cloud: Cloud) -> identities.SignedIn:
    return laptop_cloud.user()


@pytest.fixture(scope="module")
def other(laptop_cloud: Cloud) -> identities.SignedIn:
    """The same person, signed in to another client of the pool."""
    client = laptop_cloud.outputs["OtherClientId"]
    return identities.sign_in(
        laptop_cloud.root(), probe().user, client, laptop_cloud.user_secrets()
    )


def test_a_users_token_opens_a_route(laptop_cloud: Cloud, user: identities.SignedIn) -> None:
    answer = get(laptop_cloud, "/v1/token", token=user.token)

    assert answer.status_code == 200


@pytest.mark.parametrize("spoil", ["missing", "unsigned", "tampered", "other audience"])
def test_any_other_token_is_refused(
    laptop_cloud: Cloud, user: identities.SignedIn, other: identities.SignedIn, spoil: str
) -> None:
    header, payload, signature = user.token.split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    tokens = {
        "missing": None,
        "unsigned": f"{none}.{payload}.",
        "tampered": f"{header}.{payload[:-4]}AAAA.{signature}",
        "other audience": other.token,
    }

    assert get(laptop_cloud, "/v1/token", token=tokens[spoil]).status_code == 401


def test_a_signature_does_not_open_a_token_route(laptop_cloud: Cloud) -> None:
    signer = laptop_cloud.app_credentials()

    assert get(laptop_cloud, "/v1/token", signer=signer).status_code == 401


def test_the_keys_that_sign_tokens_are_deleted_with_the_cloud(
    laptop_cloud: Cloud, user: identities.SignedIn
) -> None:
    assert list(laptop_cloud.project.folders.temporary.rglob("cognito-*"))


def test_an_open_route_is_open_and_an_unknown_one_is_not_found(laptop_cloud: Cloud) -> None:
    assert get(laptop_cloud, "/v1/open").status_code == 200
    assert get(laptop_cloud, "/v1/nowhere").status_code == 404


def test_cors_allows_the_named_origin(laptop_cloud: Cloud) -> None:
    def allowed(origin: str) -> str | None:
        answer = get(laptop_cloud, "/v1/open", headers={"Origin": origin})
        return answer.headers.get("Access-Control-Allow-Origin")

    assert allowed("https://page.example") == "https://page.example"
    assert allowed("https://elsewhere.example") is None
