"""Figures for a transparency report, from the desk's daily counters, which stay."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from likeness.api.review import ReasonFigures, TransparencyQuery, TransparencyView
from likeness.domain.errors import Forbidden, Invalid
from likeness.domain.review import statistics as counters
from likeness.domain.review.kinds import ReviewKind
from likeness.domain.review.statistics import Counts, DeskDay, by_reason, median_s, share

if TYPE_CHECKING:
    from collections.abc import Mapping

    from likeness.domain.reasons import Reason, ReasonCard
    from likeness.domain.review.case import Moderator
    from likeness.ports.review import DeskCounters

LONGEST = 400  # days: a year with some margin

# Counters of photos by reason, and their names in the report.
BY_REASON = {
    "refused_automatically": counters.AUTO_REFUSED,
    "left_out_automatically": counters.AUTO_LEFT_OUT,
    "refused_by_moderators": counters.REASON,
    "appeals_rejected": f"{counters.UPHELD}#",
    "appeals_granted": f"{counters.OVERTURNED}#",
}


def transparency_report(
    query: TransparencyQuery,
    *,
    moderator: Moderator,
    desk_counters: DeskCounters,
    reasons: Mapping[Reason, ReasonCard],
) -> TransparencyView:
    """For leads. Both days are included; days are UTC.

    The fields follow Regulation (EU) 2022/2065 (DSA), Article 15(1)(c) to (e), and the categories
    of the templates of Implementing Regulation (EU) 2024/2835. Orders, notices and staff (Article
    15(1)(a), (b) and 42) are not known here.
    """
    if not moderator.lead:
        raise Forbidden("only leads read the transparency report")
    length = (query.last - query.first).days + 1
    if not 1 <= length <= LONGEST:
        raise Invalid(f"last: must be the first day or later, and at most {LONGEST} days in all")
    counts = desk_counters.totals(_days(query.first, length))
    rejected, granted = counts[counters.UPHELD], counts[counters.OVERTURNED]
    return TransparencyView(
        first=query.first,
        last=query.last,
        jobs_moderated=counts[counters.MODERATED],
        jobs_to_moderators=counts[counters.TO_REVIEW],
        cases_approved=counts[counters.APPROVED],
        cases_refused=counts[counters.REFUSED],
        cases_expired=counts[counters.EXPIRED],
        by_reason=_by_reason(counts, reasons),
        appeals_rejected=rejected,
        appeals_granted=granted,
        appeals_expired=counts[counters.APPEALS_EXPIRED],
        reversed_by_leads=counts[counters.REVERSED],
        median_seconds_to_decide=median_s(counts, ReviewKind.PHOTOS),
        median_seconds_of_appeals=median_s(counts, ReviewKind.APPEAL),
        automated_overturn_rate=share(granted, rejected),
        doubts_approved_rate=share(counts[counters.APPROVED], counts[counters.REFUSED]),
    )


def _days(first: date, length: int) -> list[DeskDay]:
    return [DeskDay((first + timedelta(days=n)).isoformat()) for n in range(length)]


def _by_reason(counts: Counts, reasons: Mapping[Reason, ReasonCard]) -> dict[Reason, ReasonFigures]:
    found = {name: by_reason(counts, prefix) for name, prefix in BY_REASON.items()}
    return {
        reason: ReasonFigures(
            dsa_category=card.dsa_category,
            dsa_keyword=card.dsa_keyword,
            **{name: of.get(reason, 0) for name, of in found.items()},
        )
        for reason, card in reasons.items()
        if any(reason in of for of in found.values())
    }
