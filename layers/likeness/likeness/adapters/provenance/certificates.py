"""The certificate of the signing key, and whom we trust, from the parameter store.

A certificate is issued for a key that exists already, so it cannot be in the template that makes
the key. Ops write both parameters, PEM; on a laptop `make up` does.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from likeness.adapters.aws_errors import domain_errors
from likeness.domain.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_ssm.client import SSMClient

REMEMBERED_S = 300  # so that a renewed chain is in use minutes later


class Certificates:
    def __init__(
        self, ssm: SSMClient, folder: str, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._ssm = ssm
        self._folder = folder
        self._now = now
        self._known: dict[str, tuple[float, str]] = {}

    def chain(self) -> str:
        """The leaf, then what links it to the root."""
        return self._read("certificate-chain")

    def anchors(self) -> str:
        """The roots under which a signature is ours."""
        return self._read("trust-anchors")

    def _read(self, name: str) -> str:
        read_at, pem = self._known.get(name, (0.0, ""))
        if pem and self._now() - read_at < REMEMBERED_S:
            return pem
        path = f"{self._folder}/{name}"
        absent = Unavailable(f"the parameter {path} is not there: ops must write it, as PEM")
        with domain_errors({"ParameterNotFound": absent}):
            pem = self._ssm.get_parameter(Name=path)["Parameter"]["Value"]
        self._known[name] = (self._now(), pem)
        return pem
