"""Who calls: the moderator that API Gateway's JWT authorizer has let in, or an IAM role."""

from __future__ import annotations

from typing import Any

from likeness.domain.errors import Forbidden
from likeness.domain.ids import UserId
from likeness.domain.review.case import Moderator

LEADS = "moderation-leads"
MODERATORS = frozenset({"moderators", LEADS})
APP_USER = "custom:app_user_id"


def moderator(event: dict[str, Any]) -> Moderator:
    """Who the token names; Forbidden for a signed-in user who is no moderator.

    The authorizer has checked signature, issuer, audience and expiry. The group is checked here,
    because an authorizer knows scopes but no Cognito groups. Only an ID token says which app user
    its owner is, and without that nobody could be kept from their own photos: an access token,
    which the authorizer takes too, is refused.
    """
    claims = _claims(event)
    if claims.get("token_use") != "id":
        raise Forbidden("send the ID token: only it says who you are in the app")
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
    """The same for all calls of one moderator, or of one IAM role whatever its session.

    Two hosts of the app backend sign with sessions of their own: a request that one of them sends
    again for the other comes from the same caller.
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
    """API Gateway hands a list claim over as text: `[moderators moderation-leads]`."""
    return frozenset(claim.strip("[]").replace(",", " ").replace('"', " ").split())
