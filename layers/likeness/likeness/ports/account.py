"""Ports of a user's account: quota days, profile, erasure and keyed hashes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from likeness.domain.account.erasure import Erasure
    from likeness.domain.account.quota import Day, QuotaEntry, QuotaState, ReservedDay, UserZone
    from likeness.domain.account.user import Profile
    from likeness.domain.ids import ErasureId, JobId, UserHash, UserId
    from likeness.domain.jobs.catalogue import Plus
    from likeness.domain.jobs.job import Job
    from likeness.domain.reasons import Reason


class Ledger(Protocol):
    """Quota days. Each job's day is reserved once and settled (spent or returned) once."""

    def reserve(self, job: Job, *, limit: int, now: datetime) -> None:
        """Store the submitted job and reserve its day in one transaction.

        Raises OverQuota if the day has `limit` jobs already, Conflict if the job was changed.
        """

    def settle(
        self, ended: Job, state: QuotaState, *, now: datetime, reason: Reason | None = None
    ) -> None:
        """Store the ended job and spend or return its day in one transaction.

        Raises Conflict if the job was changed: then nothing was settled.
        """

    def used(self, user_hash: UserHash, day: Day) -> int:
        """Return how many jobs hold that day, reserved or spent; below 0 after a grant."""

    def last_reserved(self, user_hash: UserHash) -> ReservedDay | None:
        """Return the latest day that a job holds."""

    def grant(self, job: Job, day: Day, *, now: datetime) -> None:
        """Allow the user one more job on that day, after a refusal that was wrong.

        The job's own day is returned; any other day gets an entry of its own.
        """

    def entries(self, user_id: UserId, day: Day, *, test: bool = False) -> list[QuotaEntry]:
        """Return the day's entries, oldest first: of jobs, or of test jobs."""


class Users(Protocol):
    """User profiles. An unknown user has an empty profile."""

    def profile(self, user_id: UserId) -> Profile: ...
    def account(self, user_id: UserId, *, since: Day) -> tuple[Profile, list[QuotaEntry]]:
        """Return with one read the profile, and `Ledger.entries` of that day and later ones."""

    def save_zone(self, user_id: UserId, zone: UserZone, *, seen: UserZone | None) -> None:
        """Raises Conflict if the stored zone is no longer `seen`."""

    def entitle(
        self, user_id: UserId, plus: Plus, *, user_hash: UserHash, now: datetime
    ) -> Plus | None:
        """Store the entitlement, unless a later one is stored that billing may have decided by now.

        Returns the one that is in force; None if the user was erased after the decision: then
        nothing is stored.
        """

    def exonerate(self, user_id: UserId, photos: Mapping[str, frozenset[Reason]]) -> None:
        """Store, by a photo's HMAC, the reasons that do not apply to it."""

    def remember_erasure(self, user_hash: UserHash, at: datetime) -> None:
        """From now on `entitle` stores no decision of billing that was made before `at`."""

    def remove_open_jobs(self, user_id: UserId, jobs: Collection[JobId]) -> None:
        """Remove jobs from the profile's open jobs. They must not be open: a job never reopens."""

    def delete(self, user_id: UserId) -> None:
        """Delete the profile and all ledger entries. Day counts stay, under the user's hash."""


class Erasures(Protocol):
    def begin(self, erasure: Erasure) -> Erasure:
        """Return the user's running erasure: this one, unless another one runs already."""

    def get(self, erasure_id: ErasureId) -> Erasure:
        """Raises NotFound."""

    def save(self, erasure: Erasure) -> None: ...


class KeyedHash(Protocol):
    """HMAC-SHA-256 under a key that only the key service has. Results are lower-case hex."""

    def user(self, user_id: UserId) -> UserHash:
        """128 bits."""

    def photo(self, user_id: UserId, sha256: str) -> str:
        """128 bits, of one user's photo: the same photo of another user has another HMAC."""

    def objects(self, job_id: JobId, names: Sequence[str]) -> list[str]:
        """256 bits for each name, in the order of `names`."""
