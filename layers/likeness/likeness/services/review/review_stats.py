"""Statistics of the review desk: the queue, decisions, and how often two moderators agree."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from likeness.api.review import (
    AgreementView,
    AppealStats,
    KnownStats,
    ModeratorStats,
    QueueStats,
    SecondStats,
    StatsQuery,
    StatsView,
    WorkStats,
)
from likeness.domain.review import statistics as counters
from likeness.domain.review.case import URGENT, Moderator, Review
from likeness.domain.review.kinds import Queue
from likeness.domain.review.statistics import (
    Counts,
    DeskDay,
    Exposure,
    agreement,
    by_reason,
    desk_day,
    kappa,
    missed,
    own_day,
    share,
)
from likeness.domain.verdict import Severity
from likeness.presenters.review import exposure_view
from likeness.services.review.exposures import own_exposure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from likeness.domain.reasons import Reason
    from likeness.ports.review import DeskCounters, Reviews
    from likeness.ports.runtime import Clock

READ = 1000  # waiting cases, in the order of work


def review_stats(
    query: StatsQuery,
    *,
    moderator: Moderator,
    reviews: Reviews,
    desk_counters: DeskCounters,
    clock: Clock,
    budget: int,
) -> StatsView:
    """Of the whole desk and the caller; of each moderator for leads."""
    now = clock.now()
    today = desk_day(now)
    days = [desk_day(now - timedelta(days=n)) for n in range(query.days)]
    by_moderator = desk_counters.counts(days)
    counts = _desk(by_moderator)
    of_utc = by_moderator.get(moderator.id, Counter())
    own = _own(moderator, desk_counters, of_utc, now, query.days)
    known = by_moderator.pop(counters.KNOWN, Counter())
    by_moderator.pop(counters.ALL, None)
    listed = list(islice(reviews.queue(now + URGENT, blind=False), READ + 1))
    waiting = [one.review for one in listed[:READ] if one.review.workable(moderator, now)]
    overturned, upheld = _of(counts, counters.OVERTURNED), _of(counts, counters.UPHELD)
    if moderator.lead:  # where it is tomorrow already, moderators have counts of that day
        ahead = desk_counters.counts([desk_day(now + timedelta(days=1))])
        by_moderator = {
            name: by_moderator.get(name, Counter()) + ahead.get(name, Counter())
            for name in {*by_moderator, *ahead}
        }
    exposures = desk_counters.exposures(now) if moderator.lead else {}
    decided = _of(counts, counters.APPROVED) + _of(counts, counters.REFUSED)
    work = _work(counts)
    recent = _desk(desk_counters.counts([today, desk_day(now - timedelta(days=1))]))
    per_hour = counters.per_hour(recent[counters.HANDLED], now)
    return StatsView(
        days=query.days,
        queue=QueueStats(
            complete=len(listed) <= READ,
            waiting=len(waiting),
            leased=sum(review.active_lease(now) is not None for review in waiting),
            by_severity={
                severity: sum(review.severity is severity for review in waiting)
                for severity in Severity
            },
            by_queue={queue: sum(review.queue is queue for review in waiting) for queue in Queue},
            oldest_opened_at=min((review.window.opened_at for review in waiting), default=None),
            due_within_hour=sum(review.window.decide_by < now + URGENT for review in waiting),
            decided_per_hour=per_hour or None,
            missed_forecast=missed(map(_decide_by, waiting), now, per_hour) if per_hour else None,
        ),
        approved=_of(counts, counters.APPROVED),
        refused=_of(counts, counters.REFUSED),
        expired=_of(counts, counters.EXPIRED),
        refused_by_reason=by_reason(counts, counters.REASON),
        mean_seconds_to_decide=_of(counts, counters.SECONDS) / decided if decided else None,
        mean_handling_seconds=work.mean_handling_seconds,
        approved_unseen=work.approved_unseen,
        reversed=_of(counts, counters.REVERSED),
        second=SecondStats(
            pairs=sum(_of(counts, name) for name in counters.PAIRS),
            agreement=agreement(counts),
            kappa=kappa(counts),
            by_reason=_agreements(counts, counters.AGREED, counters.DIFFERED),
        ),
        known=_known(known) if moderator.lead else None,
        appeals=AppealStats(
            decided=overturned + upheld,
            overturned=overturned,
            overturn_rate=share(overturned, upheld),
        ),
        exposure=own_exposure(moderator, desk_counters, now, budget),
        own=_work(own),
        moderators=tuple(
            _moderator(name, by_moderator.get(name, Counter()), exposures.get(name), budget)
            for name in sorted({*by_moderator, *exposures})
        )
        if moderator.lead
        else (),
    )


def _own(
    moderator: Moderator, desk_counters: DeskCounters, counts: Counts, now: datetime, days: int
) -> Counts:
    """Return the moderator's counts on their own days. `counts`: those on as many days of UTC."""
    of_utc = {desk_day(now - timedelta(days=n)) for n in range(days)}
    today = date.fromisoformat(own_day(moderator, now))
    own = {DeskDay((today - timedelta(days=n)).isoformat()) for n in range(days)}
    none = Counter[str]()
    more = desk_counters.counts(own - of_utc).get(moderator.id, none)
    less = desk_counters.counts(of_utc - own).get(moderator.id, none)
    return Counter(counts) + more - less


def _moderator(name: str, counts: Counts, seen: Exposure | None, budget: int) -> ModeratorStats:
    exposure = seen or Exposure()
    return ModeratorStats(
        moderator=name,
        work=_work(counts),
        known=_known(counts),
        exposure=exposure_view(exposure, budget),
        asks=exposure.asked,
    )


def _work(counts: Counts) -> WorkStats:
    handled, handling = _of(counts, counters.HANDLED), _of(counts, counters.HANDLING)
    return WorkStats(
        handled=handled,
        approved=_of(counts, counters.APPROVED),
        refused=_of(counts, counters.REFUSED),
        refused_by_reason=by_reason(counts, counters.REASON),
        mean_handling_seconds=handling / handled if handled else None,
        handling_seconds=handling,
        approved_unseen=_of(counts, counters.UNSEEN),
        skipped=_of(counts, counters.SKIPPED),
        escalated=_of(counts, counters.ESCALATED),
        undone=_of(counts, counters.UNDONE),
        agreed=_of(counts, counters.AGREED),
        differed=_of(counts, counters.DIFFERED),
    )


def _desk(by_moderator: Mapping[str, Counter[str]]) -> Counter[str]:
    """Return the desk's counts with those of known cases: a gap between them and the moderators'
    own figures would show which case was known."""
    none = Counter[str]()
    return by_moderator.get(counters.ALL, none) + by_moderator.get(counters.KNOWN, none)


def _known(counts: Counts) -> KnownStats:
    return KnownStats(
        agreed=_of(counts, counters.KNOWN_AGREED),
        differed=_of(counts, counters.KNOWN_DIFFERED),
        by_reason=_agreements(counts, counters.KNOWN_AGREED, counters.KNOWN_DIFFERED),
    )


def _agreements(counts: Counts, same: str, other: str) -> dict[Reason, AgreementView]:
    agreed, differed = by_reason(counts, f"{same}#"), by_reason(counts, f"{other}#")
    return {
        reason: AgreementView(agreed=agreed.get(reason, 0), differed=differed.get(reason, 0))
        for reason in {**agreed, **differed}
    }


def _decide_by(review: Review) -> datetime:
    return review.decide_by


def _of(counts: Counts, name: str) -> int:
    return counts.get(name, 0)
