"""Close what nobody decided in time and no state machine watches: appeals and second opinions."""

from likeness.domain.errors import Conflict
from likeness.domain.review.audit import AuditAction, AuditEvent
from likeness.domain.review.case import Review, ReviewKind
from likeness.ports.account import Ledger, Users
from likeness.ports.jobs import Jobs
from likeness.ports.photos import Photos
from likeness.ports.review import Appeals, Reviews
from likeness.ports.runtime import Clock
from likeness.services.review.appeal_job import close_appeal


def expire_reviews(
    *,
    jobs: Jobs,
    reviews: Reviews,
    appeals: Appeals,
    photos: Photos,
    ledger: Ledger,
    users: Users,
    clock: Clock,
) -> int:
    """How many were closed. The photos of an appeal go with it, and it may be opened again.

    A first review is not closed here: its job's state machine times out, and ends the job.
    """
    now = clock.now()
    late = [
        review
        for review in reviews.waiting()
        if review.kind is not ReviewKind.PHOTOS and now >= review.decide_by
    ]
    closed = 0
    for review in late:
        audit_event = AuditEvent(
            at=now, action=AuditAction.EXPIRED, review_id=review.review_id, job_id=review.job_id
        )
        expired: Review = review.expire(now)
        if review.kind is ReviewKind.APPEAL:
            close_appeal(
                expired,
                jobs=jobs,
                reviews=reviews,
                appeals=appeals,
                photos=photos,
                ledger=ledger,
                users=users,
                now=now,
            )
        try:
            reviews.save(expired, audit_event)
        except Conflict:
            continue  # somebody closed it in this moment
        closed += 1
    return closed
