"""Messages of the daily sweep."""

from typing import Literal

from pydantic import AwareDatetime, Field

from likeness.contracts import Contract
from likeness.domain.deletion.retention import SweepFinding


class PlanSweepInput(Contract):
    """Input of PlanSweep: empty."""


class SweepCounts(Contract):
    seen: int = Field(default=0, ge=0, description="objects, versions, delete markers and uploads")
    deleted: int = Field(default=0, ge=0)
    findings: dict[SweepFinding, int] = Field(default_factory=dict)


class RangeSweep(SweepCounts):
    """A range of keys, how far it is swept, and what was found: input and result of SweepRange.

    `key` and `version` are S3's markers: the next page begins after them.
    """

    bucket: Literal["photos", "avatars"]
    after: str
    up_to: str | None
    key: str | None = None
    version: str | None = None
    done: bool = False


class PlanSweepResult(Contract):
    ranges: tuple[RangeSweep, ...]
    findings: dict[SweepFinding, int] = Field(description="of the buckets' settings")


class SweptRange(SweepCounts):
    """The end of one range. `error`: it is not swept to its end."""

    error: str | None = None


class ReportSweepInput(Contract):
    ranges: tuple[SweptRange, ...]
    findings: dict[SweepFinding, int]


class ReportSweepResult(SweepCounts):
    """Report of a sweep, also logged: counts, no keys."""

    at: AwareDatetime
    policy: str
    unfinished: int = Field(ge=0, description="ranges that were not swept to their end")
