"""The caller of a request: a moderator (JWT authorizer) or an IAM role (SigV4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from likeness.domain.errors import AccessRevoked, Forbidden

if TYPE_CHECKING:
    from likeness.domain.review.case import Moderator
    from likeness.ports.review import Staff


def moderator(event: dict[str, Any], staff: Staff) -> Moderator:
    """The moderator that the ID token names.

    The authorizer has checked signature, issuer, audience and expiry. A token stays valid until it
    expires, so groups and access are read from the pool: a moderator who was disabled, deleted or
    removed from the group is refused at once. Raises Forbidden for an access token, which passes
    the authorizer too, and as StaffMember.moderator does.
    """
    claims = _claims(event)
    subject, username = claims.get("sub"), claims.get("cognito:username")
    if claims.get("token_use") != "id" or not subject or not username:
        raise Forbidden("send the ID token of the moderators' pool")
    member = staff.find(str(username))
    if member is None:
        raise AccessRevoked("your account has no access any more: ask a lead")
    return member.moderator(str(subject))


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
