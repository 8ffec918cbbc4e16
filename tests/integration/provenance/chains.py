"""Certificate chains, right and wrong: a root, an intermediate, the key's certificate."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from likeness.adapters.provenance.signing import (
    CURVE,
    authority_extensions,
    certify,
    subject_name,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography import x509

DAY = timedelta(days=1)


def pem(*certificates: x509.Certificate) -> str:
    return "".join(one.public_bytes(Encoding.PEM).decode() for one in certificates)


def certified(  # noqa: PLR0913 - as many as a certificate has
    public: Any,
    role: str,
    extensions: Sequence[Any],
    issuer: x509.Certificate | None,
    key: Any,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
) -> x509.Certificate:
    now = datetime.now(UTC)
    start, end = start or now - DAY, end or now + 100 * DAY
    subject = subject_name(role)
    return certify(public, subject, extensions, issuer=issuer, key=key, start=start, end=end)


def certificates(
    public: Any,
    *,
    own: Sequence[Any] | None = None,
    above: Sequence[Any] | None = None,
    top: Sequence[Any] | None = None,
    end: datetime | None = None,
) -> tuple[x509.Certificate, x509.Certificate, x509.Certificate]:
    """The key's certificate, which ends at `end`, the intermediate and the root."""
    keys = [ec.generate_private_key(CURVE) for _ in range(2)]
    root = certified(keys[0].public_key(), "root", top or authority_extensions(None), None, keys[0])
    middle = certified(
        keys[1].public_key(), "middle", above or authority_extensions(1), root, keys[0]
    )
    first = certified(public, "own", own or authority_extensions(0), middle, keys[1], end=end)
    return first, middle, root


def a_chain(public: Any, **different: Any) -> tuple[str, str]:
    """The chain and its root, PEM."""
    first, middle, root = certificates(public, **different)
    return pem(first, middle), pem(root)
