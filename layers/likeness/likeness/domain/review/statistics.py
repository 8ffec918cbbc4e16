"""Counters of the review desk: photos that moderators revealed, and their decisions."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, NewType

from pydantic import AwareDatetime, Field

from likeness.domain.reasons import Reason
from likeness.domain.record import Record
from likeness.domain.review.kinds import ReviewKind

if TYPE_CHECKING:
    from likeness.domain.review.case import Moderator, Review

WARN_AT = 0.8  # share of the day's budget

DeskDay = NewType("DeskDay", str)  # ISO date: UTC for the desk, in their zone for a moderator
Counts = Mapping[str, int]
DeskCounts = Mapping[str, Counts]  # by moderator; ALL: of the whole desk
ALL = ""
KNOWN = "known"  # what known cases add to the figures of the desk: only the transparency report and
# figures for capacity leave them out, because a figure that does not move would show a known case


def desk_day(now: datetime) -> DeskDay:
    return DeskDay(now.date().isoformat())


def own_day(moderator: Moderator, now: datetime) -> DeskDay:
    return DeskDay(moderator.today(now).day)


def own_days(review: Review) -> Mapping[str, DeskDay]:
    """Returns the day of the moderator's own counts of a decision."""
    by, day = review.decided_by, review.decided_on
    return {by: DeskDay(day)} if by and day else {}


class ExposureState(StrEnum):
    OK = "ok"
    WARNED = "warned"
    USED_UP = "used_up"


class Exposure(Record):
    """Photos that a moderator revealed on one day, and extra ones that a lead granted."""

    used: int = Field(default=0, ge=0)
    extra: int = Field(default=0, ge=0)
    asked: bool = Field(default=False, description="tried to reveal a photo beyond the limit")
    ends_at: AwareDatetime | None = Field(
        default=None, description="of the moderator's day; None: nothing was revealed yet"
    )

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
HANDLING = "handling"  # s from claim to decision, of all cases in HANDLED
HANDLED = "handled"
TOOK = "took#"  # histogram of the seconds from opening to decision, by kind and bucket
UNSEEN = "unseen"  # approved without a revealed photo
SKIPPED, ESCALATED, UNDONE = "skipped", "escalated", "undone"
UPHELD, OVERTURNED = "appeal_upheld", "appeal_overturned"
APPEALS_EXPIRED = "appeal_expired"
REVERSED = "reversed"  # decisions that a lead overturned without an appeal
MODERATED = "moderated"  # jobs
TO_REVIEW = "to_review"  # jobs
AUTO_REFUSED, AUTO_LEFT_OUT = "auto_refused#", "auto_left_out#"  # photos, by reason, by moderation
PAIRS = ("pair_aa", "pair_ar", "pair_ra", "pair_rr")
AGREED, DIFFERED = "agreed", "differed"  # pairs, of a moderator or by reason
REASON = "reason#"
KNOWN_AGREED, KNOWN_DIFFERED = "known_agreed", "known_differed"  # with the answer


def by(moderator: str, counts: Counts) -> DeskCounts:
    """Counts of one moderator's action, which are counted for the whole desk too."""
    return {ALL: counts, moderator: counts}


def handling_s(review: Review) -> float:
    """Returns the seconds from the claim to the decision."""
    if review.decided_at is None or review.claimed_at is None:
        return 0
    return (review.decided_at - review.claimed_at).total_seconds()


STEP = 1.25  # from one bucket to the next: a median is at most 12 % off


def bucket(seconds: float) -> int:
    """Returns the bucket of a duration in a histogram with logarithmic steps."""
    return int(math.log(max(1.0, seconds), STEP))


def median_s(counts: Counts, kind: ReviewKind) -> float | None:
    """Returns the median time from opening to decision in seconds; None without decisions."""
    prefix = f"{TOOK}{kind}#"
    named = (
        (name.removeprefix(prefix), n) for name, n in counts.items() if name.startswith(prefix)
    )
    found = sorted((int(number), n) for number, n in named)
    total = sum(n for _, n in found)
    reached = 0
    for number, n in found:
        reached += n
        if 2 * reached >= total:
            return float(round(STEP ** (number + 0.5), 1))
    return None


def by_reason(counts: Counts, prefix: str) -> dict[Reason, int]:
    """Returns the counters of that prefix by the reason they end with."""
    return {reason: n for reason in Reason if (n := counts.get(f"{prefix}{reason}", 0))}


def per_hour(handled: int, now: datetime) -> float:
    """Returns the rate of cases handled today and yesterday (UTC)."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    return handled / ((now - midnight) / timedelta(hours=1))


def missed(deadlines: Iterable[datetime], now: datetime, per_hour: float) -> int:
    """Returns how many of these cases, in the order of work, miss their deadline at that rate."""
    if not per_hour:
        return sum(1 for _ in deadlines)
    hours = ((decide_by - now).total_seconds() / 3600 for decide_by in deadlines)
    return sum(n / per_hour > left for n, left in enumerate(hours, start=1))


def decision_counts(review: Review, first: Review | None) -> DeskCounts:
    """Returns what a closed case adds to the counters. `first`: the one before a second opinion."""
    moderator = review.decided_by or ""
    own: Counter[str] = Counter()
    own[HANDLED] = 1
    own[HANDLING] = round(handling_s(review))
    if review.approved and not review.looked:
        own[UNSEEN] = 1
    own[APPROVED if review.approved else REFUSED] = 1
    own.update(f"{REASON}{photo.reason}" for photo in review.refused)
    desk = Counter({name: own[name] for name in (HANDLED, HANDLING, UNSEEN) if own[name]})
    of = KNOWN if review.kind is ReviewKind.KNOWN else ALL
    counts: dict[str, Counter[str]] = {of: desk, moderator: own}
    if review.kind is ReviewKind.APPEAL:
        result = OVERTURNED if review.approved else UPHELD
        desk[result] = 1
        desk.update(f"{result}#{reason}" for reason in review.reasons[:1])
        desk[_took(review)] = 1
    elif review.kind is ReviewKind.SECOND and first is not None:
        result = AGREED if first.approved == review.approved else DIFFERED
        desk[pair(first.approved, review.approved)] = 1
        desk.update(f"{result}#{reason}" for reason in review.reasons[:1])
        own[result] = 1
        counts.setdefault(first.decided_by or "", Counter())[result] += 1
    elif review.kind in {ReviewKind.PHOTOS, ReviewKind.KNOWN} and review.decided_at:
        desk.update({name: n for name, n in own.items() if name not in desk})
        desk[SECONDS] = int((review.decided_at - review.opened_at).total_seconds())
        desk[_took(review)] = 1
    return counts


def _took(review: Review) -> str:
    took = (review.decided_at or review.opened_at) - review.opened_at
    return f"{TOOK}{review.kind}#{bucket(took.total_seconds())}"


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
