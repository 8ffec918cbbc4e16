"""Close what nobody decided in time and no state machine watches: appeals and second opinions."""

from likeness.domain.audit import Act, Deed
from likeness.domain.errors import Conflict
from likeness.domain.review import Review, ReviewKind
from likeness.ports import Appeals, Clock, Jobs, Ledger, Photos, Reviews, Users
from likeness.services.appeal_job import close_appeal


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
        deed = Deed(at=now, act=Act.EXPIRED, review_id=review.review_id, job_id=review.job_id)
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
            reviews.save(expired, deed)
        except Conflict:
            continue  # somebody closed it in this moment
        closed += 1
    return closed
