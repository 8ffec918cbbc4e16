"""Whether the stage's KMS keys can be used, and when the certificate chain must be renewed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from likeness.ports.provenance import CertificateChain, Keys
    from likeness.ports.runtime import Clock, Metrics


def check_keys(
    *, keys: Keys, certificates: CertificateChain, metrics: Metrics, clock: Clock
) -> int:
    """Return how many keys cannot be used. Without a certificate its renewal is late."""
    unusable = keys.unusable()
    metrics.count("KeysUnusable", unusable)
    due = certificates.renew_at()
    days = (due - clock.now()).total_seconds() / 86400 if due else -1
    metrics.measure("CertificateDays", days, "None")
    return unusable
