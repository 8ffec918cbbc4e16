"""Counters of the review desk: photos that moderators revealed, and their decisions."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import NewType

from pydantic import Field

from likeness.domain.record import Record

WARN_AT = 0.8  # share of the day's budget

DeskDay = NewType("DeskDay", str)  # ISO date, UTC: the same day for all moderators
Counts = Mapping[str, int]


def desk_day(now: datetime) -> DeskDay:
    return DeskDay(now.date().isoformat())


class ExposureState(StrEnum):
    OK = "ok"
    WARNED = "warned"
    USED_UP = "used_up"


class Exposure(Record):
    """Photos that a moderator revealed on one day, and extra ones that a lead granted."""

    used: int = Field(default=0, ge=0)
    extra: int = Field(default=0, ge=0)
    asked: bool = Field(default=False, description="tried to reveal a photo beyond the limit")

    def limit(self, budget: int) -> int:
        return budget + self.extra

    def state(self, budget: int) -> ExposureState:
        if self.used >= self.limit(budget):
            return ExposureState.USED_UP
        warned = self.used >= WARN_AT * self.limit(budget)
        return ExposureState.WARNED if warned else ExposureState.OK


# Counter names. A pair is the first and the second decision: a for approved, r for refused.
APPROVED, REFUSED, EXPIRED = "approved", "refused", "expired"
SECONDS = "seconds"  # from opening to decision, of `approved` and `refused` together
UPHELD, OVERTURNED = "appeal_upheld", "appeal_overturned"
PAIRS = ("pair_aa", "pair_ar", "pair_ra", "pair_rr")
REASON = "reason#"


def pair(first_approved: bool, second_approved: bool) -> str:
    return f"pair_{'a' if first_approved else 'r'}{'a' if second_approved else 'r'}"


def agreement(counts: Counts) -> float | None:
    """Returns the share of pairs with equal decisions; None without pairs."""
    pairs = _pairs(counts)
    total = pairs.total()
    return (pairs["pair_aa"] + pairs["pair_rr"]) / total if total else None


def kappa(counts: Counts) -> float | None:
    """Returns Cohen's kappa of first and second decisions (Cohen 1960: (p_o - p_e) / (1 - p_e)).

    None without pairs, and if both always decide the same way: then expected agreement is 1.
    """
    observed = agreement(counts)
    if observed is None:
        return None
    pairs = _pairs(counts)
    total = pairs.total()
    first = (pairs["pair_aa"] + pairs["pair_ar"]) / total
    second = (pairs["pair_aa"] + pairs["pair_ra"]) / total
    expected = first * second + (1 - first) * (1 - second)
    return None if expected == 1 else (observed - expected) / (1 - expected)


def share(part: int, other: int) -> float | None:
    return part / (part + other) if part + other else None


def _pairs(counts: Counts) -> Counter[str]:
    return Counter({name: counts.get(name, 0) for name in PAIRS})
