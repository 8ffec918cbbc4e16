"""Moderators of a deployed stack, and the API calls of their page."""

import json
import time
from contextlib import contextmanager, suppress

import pyotp

FRESH_S = 300  # a token is valid for ten minutes

_tokens = {}


def own_token(running):
    """A token of the laptop's own moderator, who is also a lead.

    Each sign-in takes a code that was not used yet, of which there is one in half a minute: a token
    is used again while it is fresh.
    """
    token, until = _tokens.get(running.endpoint, ("", 0.0))
    if time.monotonic() >= until:
        token = running.user().token
        _tokens[running.endpoint] = token, time.monotonic() + FRESH_S
    return token


class ReviewDesk:
    """The API calls of a moderator's page: by default of the laptop's own moderator."""

    def __init__(self, running, http, token=None):
        self._url, self._http = running.api_url, http
        self._token = (lambda: token) if token else (lambda: own_token(running))

    def call(self, method, path, body=None):
        answer = self._http.request(
            method,
            self._url + path,
            body=json.dumps(body) if body else None,
            headers={"Authorization": self._token(), "Content-Type": "application/json"},
        )
        return answer.status, json.loads(answer.data)

    def act(self, review, act, body=None):
        return self.call("POST", f"/v1/reviews/{review}/{act}", body)

    def decide(self, review, *refused, reason="POLICY.HATE"):
        photos = [{"photo_id": photo, "reason": reason} for photo in refused]
        return self.act(review, "decision", {"approve": not refused, "photos": photos})

    def refuse(self, review, reason="POLICY.HATE"):
        assert self.act(review, "claim")[0] == 200
        return self.decide(review, "p01", reason=reason)


PASSWORD = "Long-enough-4-this-pool"


@contextmanager
def signed_in(running, root, name, *groups, app_user=None, token="IdToken"):  # noqa: S107
    """A new user of the pool in these groups; yields their token."""
    pool = running.outputs["ModeratorPoolId"]
    cognito = root("cognito-idp")
    account = [{"Name": "custom:app_user_id", "Value": app_user}] if app_user else []
    cognito.admin_create_user(
        UserPoolId=pool,
        Username=name,
        TemporaryPassword=PASSWORD,
        MessageAction="SUPPRESS",
        UserAttributes=account,
    )
    cognito.admin_set_user_password(
        UserPoolId=pool, Username=name, Password=PASSWORD, Permanent=True
    )
    for group in groups:
        cognito.admin_add_user_to_group(UserPoolId=pool, Username=name, GroupName=group)
    try:
        yield first_sign_in(cognito, running.outputs["ModeratorClientId"], name)[token]
    finally:
        with suppress(cognito.exceptions.UserNotFoundException):
            cognito.admin_delete_user(UserPoolId=pool, Username=name)


def first_sign_in(cognito, client, name):
    """Set up an authenticator if the pool asks for one; returns the tokens."""
    answer = cognito.initiate_auth(
        ClientId=client,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": name, "PASSWORD": PASSWORD},
    )
    if answer.get("ChallengeName") == "MFA_SETUP":
        started = cognito.associate_software_token(Session=answer["Session"])
        verified = cognito.verify_software_token(
            Session=started["Session"], UserCode=pyotp.TOTP(started["SecretCode"]).now()
        )
        answer = cognito.respond_to_auth_challenge(
            ClientId=client,
            ChallengeName="MFA_SETUP",
            Session=verified["Session"],
            ChallengeResponses={"USERNAME": name},
        )
    return answer["AuthenticationResult"]


def review_of(job_id):
    return "r" + job_id[1:]
