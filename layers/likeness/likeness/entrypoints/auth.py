"""The caller of a request: a moderator (JWT authorizer) or an IAM role (SigV4)."""

from __future__ import annotations

from typing import Any

from likeness.domain.errors import Forbidden
from likeness.domain.ids import UserId
from likeness.domain.review.case import Moderator

LEADS = "moderation-leads"
MODERATORS = frozenset({"moderators", LEADS})
APP_USER = "custom:app_user_id"


def moderator(event: dict[str, Any]) -> Moderator:
    """The moderator that the ID token names.

    Raises Forbidden for an access token and for a user who is not a moderator. The authorizer has
    checked signature, issuer, audience and expiry. Groups are checked here, because an authorizer
    knows scopes but no Cognito groups. An access token passes the authorizer too, but only an ID
    token has the app user id, which keeps moderators from reviewing their own photos.
    """
    claims = _claims(event)
    if claims.get("token_use") != "id":
        raise Forbidden("send the ID token: only it names your account in the app")
    belongs_to = groups(str(claims.get("cognito:groups", "")))
    if not MODERATORS & belongs_to:
        raise Forbidden("only moderators may work the review queue")
    subject = claims.get("sub")
    if not subject:
        raise Forbidden("the token names no subject")
    account = claims.get(APP_USER)
    return Moderator(
        id=str(subject),
        lead=LEADS in belongs_to,
        app_user_id=UserId(str(account)) if account else None,
    )


def caller(event: dict[str, Any]) -> str:
    """A stable name of the caller: `iam:<role id>` or `jwt:<sub>`.

    The session of an IAM role is left out: hosts of the app backend have sessions of their own, and
    a request that another host repeats comes from the same caller. Raises Forbidden without either.
    """
    iam = (event["requestContext"].get("authorizer") or {}).get("iam") or {}
    role = str(iam.get("callerId") or "").partition(":")[0]
    subject = str(_claims(event).get("sub") or "")
    if not role and not subject:
        raise Forbidden("the request names no caller")
    return f"iam:{role}" if role else f"jwt:{subject}"


def _claims(event: dict[str, Any]) -> dict[str, Any]:
    authorizer = event["requestContext"].get("authorizer") or {}
    claims: dict[str, Any] = (authorizer.get("jwt") or {}).get("claims") or {}
    return claims


def groups(claim: str) -> frozenset[str]:
    """Groups of a list claim, which API Gateway passes as text: `[moderators moderation-leads]`."""
    return frozenset(claim.strip("[]").replace(",", " ").replace('"', " ").split())
