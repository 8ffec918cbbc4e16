"""Sign the heads of all chains of the audit log, once a day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.domain.review.audit import GENESIS, Anchor, SignedAnchor

if TYPE_CHECKING:
    from likeness.ports.deletion import Signer
    from likeness.ports.review import AuditLog
    from likeness.ports.runtime import Clock, Metrics


def anchor_audit(
    *, audit_log: AuditLog, signer: Signer, metrics: Metrics, clock: Clock, issuer: str
) -> int:
    """Return the anchor's number.

    If the audit log lost an entry that the last anchor names, that is counted. The next anchor is
    written all the same: what is added later can be verified.
    """
    last = audit_log.last_anchor()
    if last and audit_log.missing(last.content.heads):
        metrics.count("AuditLogBroken")
    number = last.number + 1 if last else 1
    anchor = Anchor(
        issuer=issuer,
        number=number,
        at=clock.now(),
        previous=last.hash if last else GENESIS,
        heads=tuple(audit_log.heads()),
    )
    audit_log.add_anchor(SignedAnchor(number=number, jws=signer.sign(anchor)))
    metrics.count("AuditAnchored")
    return number
