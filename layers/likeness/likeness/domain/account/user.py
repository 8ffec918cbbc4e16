"""A user's stored profile."""

from collections.abc import Mapping

from pydantic import Field

from likeness.domain.account.quota import UserZone
from likeness.domain.ids import ErasureIdField, JobIdField
from likeness.domain.jobs.catalogue import Plus
from likeness.domain.reasons import Reason
from likeness.domain.record import Record

MAX_OPEN_JOBS = 5  # of a user: each may hold 30 uploads of 20 MB


class Profile(Record):
    """A user's profile. Users do not sign up: a profile without values is the default."""

    zone: UserZone | None = None
    plus: Plus | None = None
    erasing: ErasureIdField | None = None
    open_jobs: frozenset[JobIdField] = Field(
        default=frozenset(),
        description="every open job of the user, and some that were submitted or ended since",
    )
    exonerated: Mapping[str, frozenset[Reason]] = Field(
        default={}, description="reasons that a granted appeal ruled out, by the photo's HMAC"
    )
