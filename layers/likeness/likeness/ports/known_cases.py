"""Ports of known cases: the operator's pictures, and the records of those that were mixed in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from likeness.domain.ids import JobId
    from likeness.domain.review.known_case import KnownCase, KnownManifest, KnownUse


class KnownPictures(Protocol):
    """The operator's pictures and their answers."""

    def manifest(self) -> KnownManifest:
        """Raises Invalid, with every fault, if it cannot be used."""

    def read(self, file: str) -> bytes:
        """Raises NotFound, and Invalid if the file is larger than an upload may be."""


class KnownCases(Protocol):
    def get(self, job_id: JobId) -> KnownCase | None: ...
    def save(self, case: KnownCase) -> None:
        """Store the case; overwrites an older version of it."""

    def uses(self) -> dict[str, KnownUse]:
        """Return the last use of each set, by name."""

    def save_use(self, use: KnownUse) -> None: ...
    def next_window(self, until: datetime) -> datetime | None:
        """Return the end of the last window, and store `until` as the end of the next one.

        Of concurrent calls only one gets it. None: another call got it, or there was none before.
        """
