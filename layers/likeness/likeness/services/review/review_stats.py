"""Statistics of the review desk: the queue, decisions, and how often two moderators agree."""

from collections import Counter
from datetime import timedelta

from likeness.api.review import (
    AppealStats,
    ModeratorStats,
    QueueStats,
    SecondStats,
    StatsQuery,
    StatsView,
)
from likeness.domain.moderation import Severity
from likeness.domain.reasons import Reason
from likeness.domain.review import statistics as counters
from likeness.domain.review.case import Moderator
from likeness.domain.review.statistics import agreement, desk_day, kappa, share
from likeness.ports.review import DeskCounters, Reviews
from likeness.ports.runtime import Clock
from likeness.presenters.review import exposure_view


def review_stats(
    query: StatsQuery,
    *,
    moderator: Moderator,
    reviews: Reviews,
    desk_counters: DeskCounters,
    clock: Clock,
    budget: int,
) -> StatsView:
    now = clock.now()
    today = desk_day(now)
    by_moderator = desk_counters.counts(
        desk_day(now - timedelta(days=n)) for n in range(query.days)
    )
    counts = by_moderator.get(counters.ALL, Counter())
    decided = counts[counters.APPROVED] + counts[counters.REFUSED]
    overturned, upheld = counts[counters.OVERTURNED], counts[counters.UPHELD]
    waiting = [review for review in reviews.waiting() if review.workable(moderator, now)]
    by_severity = Counter(review.severity for review in waiting)
    seen = desk_counters.exposures(today) if moderator.lead else {}
    return StatsView(
        days=query.days,
        queue=QueueStats(
            waiting=len(waiting),
            leased=sum(review.active_lease(now) is not None for review in waiting),
            by_severity={severity: by_severity[severity] for severity in Severity},
            oldest_opened_at=min((review.window.opened_at for review in waiting), default=None),
        ),
        approved=counts[counters.APPROVED],
        refused=counts[counters.REFUSED],
        expired=counts[counters.EXPIRED],
        refused_by_reason={
            reason: counts[f"{counters.REASON}{reason}"]
            for reason in Reason
            if counts[f"{counters.REASON}{reason}"]
        },
        mean_seconds_to_decide=counts[counters.SECONDS] / decided if decided else None,
        second=SecondStats(
            pairs=sum(counts[name] for name in counters.PAIRS),
            agreement=agreement(counts),
            kappa=kappa(counts),
        ),
        appeals=AppealStats(
            decided=overturned + upheld,
            overturned=overturned,
            overturn_rate=share(overturned, upheld),
        ),
        exposure=exposure_view(desk_counters.exposure(moderator.id, today), budget),
        moderators=tuple(
            ModeratorStats(
                moderator=name, exposure=exposure_view(exposure, budget), asks=exposure.asked
            )
            for name, exposure in sorted(seen.items())
        ),
    )
