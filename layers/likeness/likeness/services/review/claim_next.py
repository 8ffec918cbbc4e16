"""Claim the next case: to one moderator only, with all that is needed to work it."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from likeness.api.review import ClaimNext, NextView
from likeness.domain.errors import ConcurrentChange, NotFound
from likeness.domain.review.audit import AuditAction, about
from likeness.domain.review.order import QueueFilter
from likeness.presenters.review import claim_view
from likeness.services.review.exposures import own_exposure

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from likeness.domain.review.case import Moderator, Review
    from likeness.ports.review import DeskCounters, Reviews
    from likeness.ports.runtime import Clock
    from likeness.services.review.case_reader import CaseReader

READ = 500  # cases that one request reads at most


def claim_next(
    request: ClaimNext,
    *,
    moderator: Moderator,
    reviews: Reviews,
    desk_counters: DeskCounters,
    case: CaseReader,
    clock: Clock,
    lease: timedelta,
    budget: int,
) -> NextView:
    """Of concurrent requests for the same case one wins the optimistic lock; the others go on.

    A case that the moderator has already counts as free to them, so a request whose response was
    lost can be repeated. A skipped case is not returned. `case` is null if nothing waits, or
    nothing of what is wanted among the first READ cases.
    """
    now = clock.now()
    wanted = QueueFilter(
        queues=frozenset(request.queues),
        severities=frozenset(request.severities),
        reasons=frozenset(request.reasons),
    )
    exposure = own_exposure(moderator, desk_counters, now, budget)
    for _, listed in islice(reviews.next_for(moderator, now), READ):
        if not wanted.accepts(listed) or not _is_free(listed, moderator, now):
            continue
        try:  # the index may be behind, so the case itself is read
            review = reviews.get(listed.review_id)
            if not _is_free(review, moderator, now):
                continue
            claimed = review.lend(moderator.id, now=now, lasts=lease)
            reviews.save(claimed, about(claimed, AuditAction.CLAIMED, now, actor=moderator.id))
        except (ConcurrentChange, NotFound):
            continue
        return NextView(
            case=case.view(claimed, moderator, now),
            lease=claim_view(claimed, lease),
            exposure=exposure,
        )
    return NextView(case=None, lease=None, exposure=exposure)


def _is_free(review: Review, moderator: Moderator, now: datetime) -> bool:
    held = review.active_lease(now)
    mine = held is None or held.by == moderator.id
    return mine and review.workable(moderator, now) and not review.is_skipped(moderator.id, now)
