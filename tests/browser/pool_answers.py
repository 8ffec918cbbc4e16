"""A user pool for the page: it answers as Cognito does, and checks each request by its model."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import boto3
from botocore.validate import ParamValidator

PASSWORD = "Long-enough-4-this-pool"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
CODE, USED, MAILED = "123456", "111111", "654321"
ME = "0f0e1d2c-5a6b-4c3d-9e8f-001122334455"
TEN_MINUTES = 600

MODEL = boto3.client(
    "cognito-idp", region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="x"
).meta.service_model


class Pool:
    """Users: `moderator` has an authenticator, `first` neither that nor a password of their own.

    `refusals` maps an operation to the error that it returns until it is removed.
    """

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.refusals: dict[str, str] = {}
        self.lasts = TEN_MINUTES
        self.lead = True
        self.password = PASSWORD

    def answer(self, operation: str, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        shape = MODEL.operation_model(operation).input_shape
        report = ParamValidator().validate(asked, shape)
        unknown = set(asked) - set(shape.members)
        assert not report.has_errors(), report.generate_report()
        assert not unknown, f"{operation} takes no {unknown}"
        self.calls.append((operation, asked))
        if error := self.refusals.get(operation):
            return self._refuse(error)
        work = getattr(self, f"_{operation}")
        found: tuple[int, dict[str, Any]] = work(asked)
        return found

    def _InitiateAuth(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:  # noqa: N802
        given = asked["AuthParameters"]
        if asked["AuthFlow"] == "REFRESH_TOKEN_AUTH":
            return 200, {"AuthenticationResult": self._tokens()}
        if given["PASSWORD"] != self.password:
            return self._refuse("NotAuthorizedException")
        first = given["USERNAME"] == "first"
        name = "NEW_PASSWORD_REQUIRED" if first else "SOFTWARE_TOKEN_MFA"
        return self._challenge(name, given["USERNAME"])

    def _RespondToAuthChallenge(self, asked: dict[str, Any]) -> tuple[int, Any]:  # noqa: N802
        given, name = asked["ChallengeResponses"], asked["ChallengeName"]
        if asked.get("Session") != f"session of {name}, as long as one of Cognito":
            return self._refuse("NotAuthorizedException")
        if name == "NEW_PASSWORD_REQUIRED":
            if given["NEW_PASSWORD"].islower():
                return self._refuse("InvalidPasswordException")
            return self._challenge("MFA_SETUP", given["USERNAME"])
        code = given.get("SOFTWARE_TOKEN_MFA_CODE", CODE)
        if code == USED:
            return self._refuse("ExpiredCodeException")
        if code != CODE:
            return self._refuse("CodeMismatchException")
        return 200, {"AuthenticationResult": self._tokens()}

    def _AssociateSoftwareToken(self, asked: dict[str, Any]) -> tuple[int, Any]:  # noqa: N802
        return 200, {"SecretCode": SECRET, "Session": asked["Session"]}

    def _VerifySoftwareToken(self, asked: dict[str, Any]) -> tuple[int, Any]:  # noqa: N802
        if asked["UserCode"] != CODE:
            return self._refuse("EnableSoftwareTokenMFAException")
        return 200, {"Status": "SUCCESS", "Session": asked["Session"]}

    def _ForgotPassword(self, asked: dict[str, Any]) -> tuple[int, Any]:  # noqa: N802
        return 200, {"CodeDeliveryDetails": {"DeliveryMedium": "EMAIL", "Destination": "m***"}}

    def _ConfirmForgotPassword(self, asked: dict[str, Any]) -> tuple[int, Any]:  # noqa: N802
        if asked["ConfirmationCode"] != MAILED:
            return self._refuse("CodeMismatchException")
        self.password = asked["Password"]
        return 200, {}

    def _RevokeToken(self, asked: dict[str, Any]) -> tuple[int, Any]:  # noqa: N802
        return 200, {}

    def _challenge(self, name: str, username: str) -> tuple[int, dict[str, Any]]:
        return 200, {
            "ChallengeName": name,
            "Session": f"session of {name}, as long as one of Cognito",
            "ChallengeParameters": {"USER_ID_FOR_SRP": username},
        }

    def _tokens(self) -> dict[str, Any]:
        groups = ["moderators", *(["moderation-leads"] if self.lead else [])]
        part = {"sub": ME, "exp": int(time.time()) + self.lasts, "cognito:groups": groups}
        payload = base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        return {"IdToken": f"e30.{payload}.x", "RefreshToken": "r", "ExpiresIn": self.lasts}

    @staticmethod
    def _refuse(error: str) -> tuple[int, dict[str, Any]]:
        return 400, {"__type": error, "message": "the pool's own words"}
