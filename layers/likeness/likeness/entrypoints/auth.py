"""Who calls: the moderator that API Gateway's JWT authorizer has let in, or the user acted for."""

from __future__ import annotations

from typing import Any

from likeness.domain.errors import Forbidden

MODERATORS = frozenset({"moderators", "moderation-leads"})


def moderator(event: dict[str, Any]) -> str:
    """The moderator's subject id; Forbidden for a signed-in user who is none.

    The authorizer has checked signature, issuer, audience and expiry. The group is checked here,
    because an authorizer knows scopes but no Cognito groups.
    """
    authorizer = event["requestContext"].get("authorizer") or {}
    claims = (authorizer.get("jwt") or {}).get("claims") or {}
    if not MODERATORS & groups(str(claims.get("cognito:groups", ""))):
        raise Forbidden("only moderators may work the review queue")
    subject = claims.get("sub")
    if not subject:
        raise Forbidden("the token names no subject")
    return str(subject)


def groups(claim: str) -> frozenset[str]:
    """API Gateway hands a list claim over as text: `[moderators moderation-leads]`."""
    return frozenset(claim.strip("[]").replace(",", " ").replace('"', " ").split())
