"""Versions of the consent text. A version is the date from which it is in force, in UTC."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from likeness.domain.errors import ConsentNotInForce, Invalid
from likeness.domain.moment import CLOCKS_DIFFER

if TYPE_CHECKING:
    from likeness.domain.jobs.job import Consent

VERSION = re.compile(r"([0-9]{4}-[0-9]{2})(-[0-9]{2})?")  # a month or a day

ConsentVersions = Mapping[str, datetime]  # when each begins


def consent_versions(names: Iterable[str]) -> ConsentVersions:
    """Raises ValueError for a name that is not a month or a day."""
    return {name: _begins(name) for name in names}


def _begins(version: str) -> datetime:
    if not VERSION.fullmatch(version):
        raise ValueError(f"consent version {version!r} must be its first day or month: 2026-11-22")
    return datetime.fromisoformat(version if version.count("-") == 2 else f"{version}-01").replace(
        tzinfo=UTC
    )


def in_force(versions: ConsentVersions, now: datetime) -> ConsentVersions:
    """Newest first. A version that begins later is not in force yet."""
    begun = [(begins, name) for name, begins in versions.items() if begins <= now]
    return {name: begins for begins, name in sorted(begun, reverse=True)}


def check_consent(consent: Consent, versions: ConsentVersions, now: datetime) -> None:
    """Raises ConsentNotInForce, or Invalid if the time of the consent cannot be true."""
    known = in_force(versions, now)
    begins = known.get(consent.version)
    if begins is None:
        raise ConsentNotInForce(
            f"consent version {consent.version!r} is not in force: show the user one of "
            f"{', '.join(known)}",
            field="/body/consent/version",
        )
    if consent.accepted_at > now + CLOCKS_DIFFER:
        raise Invalid(
            "consent.accepted_at is in the future: send when the user agreed",
            field="/body/consent/accepted_at",
        )
    if consent.accepted_at < begins:
        raise Invalid(
            f"consent.accepted_at is before version {consent.version!r} began: send the version "
            "that the user saw",
            field="/body/consent/accepted_at",
        )
