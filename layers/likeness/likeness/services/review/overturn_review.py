"""A lead reverses a decision that took effect."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from likeness.contracts.jobs import JobError
from likeness.domain.errors import CaseDecided, Forbidden, NotFound, NotReversible
from likeness.domain.jobs.job import Job, JobState
from likeness.domain.review import statistics as desk_counters
from likeness.domain.review.audit import AuditAction
from likeness.domain.review.case import (
    Moderator,
    Overturn,
    Review,
    check_refusal,
    must_be_held,
    review_of,
)
from likeness.domain.review.hold import HoldTrigger
from likeness.domain.review.kinds import ReviewKind, ReviewState
from likeness.presenters.review import decided_view
from likeness.services.review.blind import OPEN
from likeness.services.review.changing import change_case

if TYPE_CHECKING:
    from likeness.api.review import DecidedView, OverturnReview
    from likeness.domain.ids import ReviewId
    from likeness.domain.moderation import EscalateRule
    from likeness.ports.jobs import Jobs, Workflow
    from likeness.ports.review import Reviews
    from likeness.ports.runtime import Clock
    from likeness.services.review.appeal_closing import AppealClosing
    from likeness.services.review.holding import Holding


def overturn_review(
    review_id: ReviewId,
    request: OverturnReview,
    *,
    moderator: Moderator,
    jobs: Jobs,
    reviews: Reviews,
    appeals: AppealClosing,
    workflow: Workflow,
    holding: Holding,
    escalate: EscalateRule,
    clock: Clock,
) -> DecidedView:
    """Refuse an approved case while its job runs, or approve a refused one after its job ended.

    To refuse stops the job and ends it as refused: everything is deleted. If the job completes
    first, it stays completed. To approve gives the user what a granted appeal gives, the photos'
    exoneration and another job; the refused job stays refused, because its photos are deleted.
    The same request again repeats what follows from it.

    A refusal that must be a hold is one: the photos are preserved, and the job ends without a
    reason that warns its user.
    """
    if not moderator.lead:
        raise Forbidden("only leads reverse a decision")
    now = clock.now()
    review = reviews.get(review_id)
    review.require_allowed(moderator)
    check_refusal(review, request.photos)
    if review.kind is not ReviewKind.PHOTOS:
        raise NotReversible("only the first decision about a job can be reversed")
    approve = not request.photos
    job = jobs.get(review.job_id)
    if not _is_repeated(review, request, moderator):
        _require_possible(review, job, moderator, approve=approve, reviews=reviews, appeals=appeals)
        held = must_be_held(review, request.photos, escalate)
        if held:
            suspected = [photo.photo_id for photo in request.photos]
            holding.begin(job.job_id, HoldTrigger.MODERATOR, by=moderator.id, suspected=suspected)
        review = change_case(
            review_id,
            lambda found: _overturned(
                found, request, Overturn(by=moderator.id, at=now, approved=approve), held=held
            ),
            moderator=moderator,
            reviews=reviews,
            now=now,
            action=AuditAction.OVERTURNED,
            details={str(photo.photo_id): photo.reason.value for photo in request.photos},
            counts=desk_counters.by(moderator.id, {desk_counters.REVERSED: 1}),
        )
    if approve:
        appeals.grant(job, review.overturn.at if review.overturn else now)
    else:
        workflow.stop(job.job_id)
        workflow.end(job.job_id, JobError.REFUSED)
        if review.state is ReviewState.HELD:
            holding.preserve(job.job_id)
    return decided_view(review)


def _is_repeated(review: Review, request: OverturnReview, moderator: Moderator) -> bool:
    done = review.overturn
    same = done is not None and done.by == moderator.id and done.approved == (not request.photos)
    return same and (not request.photos or review.refused == request.photos)


def _overturned(
    review: Review, request: OverturnReview, overturn: Overturn, *, held: bool
) -> Review:
    """A refusal is the job's reason from now on. An approval does not change why it was refused."""
    if review.overturn:
        raise CaseDecided(f"review {review.review_id} was overturned already")
    if overturn.approved:
        return review.change(overturn=overturn)
    state = ReviewState.HELD if held else ReviewState.REFUSED
    return review.change(overturn=overturn, state=state, refused=request.photos)


def _require_possible(
    review: Review,
    job: Job,
    moderator: Moderator,
    *,
    approve: bool,
    reviews: Reviews,
    appeals: AppealClosing,
) -> None:
    if review.state not in {ReviewState.APPROVED, ReviewState.REFUSED}:
        raise NotReversible(f"review {review.review_id} is not decided")
    if review.overturn:
        raise CaseDecided(f"review {review.review_id} was overturned already")
    deciders = {review.decided_by}
    with suppress(NotFound):
        second = reviews.get(review_of(review.job_id, ReviewKind.SECOND))
        if second.state in OPEN:
            raise NotReversible("a second opinion is open: wait for it")
        deciders.add(second.decided_by)
    if moderator.id in deciders:
        raise Forbidden("you decided the case: another lead reverses it")
    if approve and job.state is not JobState.REFUSED:
        raise NotReversible(f"job {job.job_id} is {job.state}: only a refused one can be approved")
    if not approve and (job.ended or job.state is JobState.CANCELLING):
        raise NotReversible(f"job {job.job_id} is {job.state}: it can be refused while it runs")
    if approve and appeals.appeals.get(job.job_id):
        raise NotReversible(f"the user appealed: decide the appeal of job {job.job_id}")
