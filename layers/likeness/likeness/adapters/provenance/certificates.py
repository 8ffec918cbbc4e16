"""The signing key's certificate chain and the trust anchors, from the parameter store.

A certificate is issued for an existing key, so it cannot be in the template that creates the key.
Operators write both parameters (PEM); on a laptop `make up` does.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from likeness.adapters.aws_errors import domain_errors
from likeness.domain.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from mypy_boto3_ssm.client import SSMClient

CACHE_S = 300  # a renewed chain is in use after that


class Absent(Unavailable):
    """Operators have not written the parameter."""


class Certificates:
    def __init__(
        self, ssm: SSMClient, folder: str, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._ssm = ssm
        self._folder = folder
        self._now = now
        self._cache: dict[str, tuple[float, str]] = {}

    def chain(self) -> str:
        """Return the key's certificate, then the intermediates."""
        return self._read("certificate-chain")

    def renew_at(self) -> datetime | None:
        """Return when operators should replace the chain; None if there is no chain."""
        from cryptography import x509  # noqa: PLC0415  reading credentials does not need it

        from likeness.adapters.provenance import signing  # noqa: PLC0415

        try:
            return signing.renew_at(x509.load_pem_x509_certificates(self.chain().encode()))
        except Absent:
            return None

    def anchors(self) -> str:
        """Return the roots under which a signature is ours."""
        return self._read("trust-anchors")

    def _read(self, name: str) -> str:
        read_at, pem = self._cache.get(name, (0.0, ""))
        if pem and self._now() - read_at < CACHE_S:
            return pem
        path = f"{self._folder}/{name}"
        absent = Absent(f"the parameter {path} is missing: operators must write it, as PEM")
        with domain_errors({"ParameterNotFound": absent}):
            pem = self._ssm.get_parameter(Name=path)["Parameter"]["Value"]
        self._cache[name] = (self._now(), pem)
        return pem
