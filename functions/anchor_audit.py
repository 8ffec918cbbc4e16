"""Daily schedule: signs the heads of all chains of the audit log."""

from likeness import bootstrap
from likeness.entrypoints.schedule import on_schedule
from likeness.services.review.anchor_audit import anchor_audit


@on_schedule
def handler() -> int:
    return anchor_audit(
        audit_log=bootstrap.audit_log(),
        signer=bootstrap.signer(),
        metrics=bootstrap.metrics(),
        clock=bootstrap.CLOCK,
        issuer=bootstrap.settings().receipt_issuer,
    )
