"""What follows from a decision once it can no longer be undone."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from likeness.contracts.review import ReviewResult
from likeness.domain.errors import Conflict, NotFound
from likeness.domain.review import statistics
from likeness.domain.review.audit import AuditAction, about
from likeness.domain.review.case import Review, review_of
from likeness.domain.review.kinds import ReviewKind, ReviewState

if TYPE_CHECKING:
    from likeness.ports.jobs import Workflow
    from likeness.ports.review import DeskCounters, Reviews
    from likeness.ports.runtime import Clock, Metrics
    from likeness.services.review.appeal_closing import AppealClosing


@dataclass(frozen=True)
class DecisionEffect:
    reviews: Reviews
    desk_counters: DeskCounters
    appeals: AppealClosing
    workflow: Workflow
    metrics: Metrics
    clock: Clock

    def apply(self, review: Review) -> bool:
        """Close the case and continue its job, or close its appeal. Idempotent.

        Return False if the decision can still be undone. A case without a decision is left alone:
        it was undone, or the job ended.
        """
        now = self.clock.now()
        if review.pending:
            if review.counts_at and now < review.counts_at:
                return False
            review = self._close(review)
        if review.state not in {ReviewState.APPROVED, ReviewState.REFUSED}:
            return True
        if review.kind is ReviewKind.APPEAL:
            self.appeals.close(review, now)
            return True
        if review.kind is ReviewKind.KNOWN:  # no job waits; it is scored later
            return True
        result = ReviewResult(
            job_id=review.job_id, approved=review.approved, second=review.second
        ).model_dump(mode="json")
        with suppress(Conflict):  # continued before, or the job ended: FailJob closes the case then
            self.workflow.resume(self.reviews.task_token(review.review_id), result)
        return True

    def _close(self, review: Review) -> Review:
        first: Review | None = None
        if review.kind is ReviewKind.SECOND:
            with suppress(NotFound):
                first = self.reviews.get(review_of(review.job_id))
        seen = self.desk_counters.revealed(review.review_id, review.decided_by or "")
        closed = review.take_effect(looked=bool(seen), first=first)
        event = about(closed, AuditAction.COMPLETED, self.clock.now())
        days = {**(statistics.own_days(first) if first else {}), **statistics.own_days(closed)}
        self.reviews.save(closed, event, statistics.decision_counts(closed, first), days)
        self.metrics.count("CasesDecided")
        self.metrics.count("ModeratorSeconds", round(statistics.handling_s(closed)))
        return closed
