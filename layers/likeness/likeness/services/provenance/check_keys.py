"""Whether the stage's KMS keys can be used, and how long the certificate chain is valid."""

from likeness.ports.provenance import CertificateChain, Keys
from likeness.ports.runtime import Clock, Metrics


def check_keys(
    *, keys: Keys, certificates: CertificateChain, metrics: Metrics, clock: Clock
) -> int:
    """Return how many keys cannot be used. Without a certificate there are no days left."""
    unusable = keys.unusable()
    metrics.count("KeysUnusable", unusable)
    ends = certificates.valid_until()
    days = (ends - clock.now()).total_seconds() / 86400 if ends else 0
    metrics.measure("CertificateDays", days, "None")
    return unusable
