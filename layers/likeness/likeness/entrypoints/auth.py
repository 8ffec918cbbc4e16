"""Who calls: the moderator that API Gateway's JWT authorizer has let in, or an IAM role."""

from __future__ import annotations

from typing import Any

from likeness.domain.errors import Forbidden

MODERATORS = frozenset({"moderators", "moderation-leads"})


def moderator(event: dict[str, Any]) -> str:
    """The moderator's subject id; Forbidden for a signed-in user who is none.

    The authorizer has checked signature, issuer, audience and expiry. The group is checked here,
    because an authorizer knows scopes but no Cognito groups.
    """
    claims = _claims(event)
    if not MODERATORS & groups(str(claims.get("cognito:groups", ""))):
        raise Forbidden("only moderators may work the review queue")
    subject = claims.get("sub")
    if not subject:
        raise Forbidden("the token names no subject")
    return str(subject)


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
