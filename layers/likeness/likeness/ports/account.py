"""Ports of a user's account: quota days, profile, erasure and the keyed hash."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from likeness.domain.account.erasure import Erasure
from likeness.domain.account.quota import Day, QuotaEntry, QuotaState, ReservedDay, UserZone
from likeness.domain.account.user import Profile
from likeness.domain.ids import ErasureId, JobId, UserHash, UserId
from likeness.domain.jobs.catalogue import Plus
from likeness.domain.jobs.job import Job
from likeness.domain.reasons import Reason


class Ledger(Protocol):
    """Days, reserved and settled exactly once."""

    def reserve(self, job: Job, *, limit: int, now: datetime) -> None:
        """Store the submitted job and take its day, both or neither.

        OverQuota where the day is taken, Conflict where the job moved meanwhile.
        """
        ...

    def settle(
        self, ended: Job, state: QuotaState, *, now: datetime, reason: Reason | None = None
    ) -> None:
        """Store the ended job and spend or return its day, both or neither.

        Conflict where the job moved meanwhile: then nothing was settled.
        """
        ...

    def used(self, user_hash: UserHash, day: Day) -> int:
        """How many jobs hold that day, reserved or spent."""
        ...

    def last_reserved(self, user_hash: UserHash) -> ReservedDay | None:
        """The latest day that a job holds."""
        ...

    def grant(self, job: Job, day: Day, *, now: datetime) -> None:
        """Give the user one more job on that day, because a refusal was wrong.

        The job's own day becomes a returned one; any other day gets an entry of its own. A second
        call changes nothing.
        """
        ...

    def entries(self, user_id: UserId, day: Day) -> list[QuotaEntry]: ...


class Users(Protocol):
    """What is remembered between jobs. A user nobody knows has an empty profile."""

    def profile(self, user_id: UserId) -> Profile: ...
    def save_zone(self, user_id: UserId, zone: UserZone, *, seen: UserZone | None) -> None:
        """Conflict where the zone is no longer as it was `seen`."""
        ...

    def entitle(self, user_id: UserId, plus: Plus) -> Plus:
        """The entitlement that stands afterwards: this one, or one that supersedes it."""
        ...

    def clear(self, user_id: UserId, photos: Mapping[str, frozenset[Reason]]) -> None:
        """Remember, by its seal, what each photo does not show."""
        ...

    def forget(self, user_id: UserId) -> None:
        """Delete the profile and every entry of the ledger. Counted days stay, under the hash."""
        ...


class Erasures(Protocol):
    def begin(self, erasure: Erasure) -> Erasure:
        """The erasure of that user that runs: this one, if none ran before."""
        ...

    def get(self, erasure_id: ErasureId) -> Erasure: ...
    def save(self, erasure: Erasure) -> None: ...


class KeyedHash(Protocol):
    def user(self, user_id: UserId) -> UserHash:
        """The same for the same user; without the key nobody can tell whose it is."""
        ...

    def objects(self, job_id: JobId, names: Sequence[str]) -> list[str]:
        """A hash of each name, of 256 bits in hex, that nobody can compute without the key."""
        ...


class PhotoHash(Protocol):
    def hmac(self, user_id: UserId, sha256: str) -> str:
        """A keyed hash of a photo's sum: without the key nobody can tell whose photo it was."""
        ...
