"""The versions of the consent text that are in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.api.catalogue import ConsentsView, ConsentView
from likeness.domain.account.consent import ConsentVersions, in_force

if TYPE_CHECKING:
    from likeness.ports.runtime import Clock


def get_consents(*, versions: ConsentVersions, clock: Clock) -> ConsentsView:
    return ConsentsView(
        consents=tuple(
            ConsentView(version=version, in_force_from=begins)
            for version, begins in in_force(versions, clock.now()).items()
        )
    )
