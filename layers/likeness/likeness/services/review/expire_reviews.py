"""Close undecided cases that no state machine watches: appeals and second opinions."""

from likeness.domain.errors import Conflict
from likeness.domain.review.audit import AuditAction, about
from likeness.domain.review.case import ReviewKind
from likeness.ports.review import Reviews
from likeness.ports.runtime import Clock
from likeness.services.review.appeal_closing import AppealClosing


def expire_reviews(*, reviews: Reviews, appeals: AppealClosing, clock: Clock) -> int:
    """Return how many were closed. An appeal's files are deleted, and it may be opened again.

    A first review is not closed here: its job's state machine times out and ends the job.
    """
    now = clock.now()
    late = [
        review
        for review in reviews.waiting()
        if review.kind is not ReviewKind.PHOTOS and now >= review.decide_by
    ]
    closed = 0
    for review in late:
        expired = review.expire(now)
        if review.kind is ReviewKind.APPEAL:
            appeals.close(expired, now)
        try:
            reviews.save(expired, about(review, AuditAction.EXPIRED, now))
        except Conflict:
            continue  # closed by a concurrent request
        closed += 1
    return closed
