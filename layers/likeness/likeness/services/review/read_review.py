"""One case: what was found in each photo, and a blurred grey copy of it."""

import base64
from collections.abc import Mapping

from likeness.api.review import CasePhoto, CaseView, DecisionView, FindingView
from likeness.domain.errors import Forbidden, NotFound
from likeness.domain.ids import JobId, PhotoId, ReviewId
from likeness.domain.moderation import Finding
from likeness.domain.photos.photo import Photo
from likeness.domain.reasons import Reason, ReasonCard
from likeness.domain.review.case import (
    MODERATORS_MAY_NAME,
    Moderator,
    PhotoFindings,
    Review,
    ReviewKind,
    ReviewState,
    review_of,
)
from likeness.ports.jobs import Jobs
from likeness.ports.photos import Photos
from likeness.ports.review import Previews, Reviews
from likeness.ports.runtime import Clock
from likeness.services.jobs.get_job import explain
from likeness.services.review.list_reviews import summary

Cards = Mapping[Reason, ReasonCard]


def read_review(
    review_id: ReviewId,
    *,
    moderator: Moderator,
    jobs: Jobs,
    reviews: Reviews,
    photos: Photos,
    previews: Previews,
    clock: Clock,
    reasons: Cards,
) -> CaseView:
    """No clear picture, and no copy of one is stored: previews are made when they are asked for."""
    review = reviews.get(review_id)
    review.may_be_worked_by(moderator)
    keep_blind(review, moderator, reviews)
    there = {photo.photo_id: photo for photo in jobs.photos(review.job_id)}
    verdicts = [photo.verdict for photo in there.values() if photo.verdict]
    waits = review.state is ReviewState.WAITING
    return CaseView(
        review=summary(review, moderator, clock.now()),
        photos=tuple(
            _photo(
                found,
                there[found.photo_id],
                _preview(review.job_id, found.photo_id, photos, previews) if waits else None,
                reasons,
            )
            for found in review.photos
        ),
        policy_version=verdicts[0].policy_version if verdicts else None,
        detector_version=verdicts[0].seen.detector_version if verdicts else None,
        decision=_decision(review, moderator),
        reason_codes=tuple(explain(reason, reasons) for reason in MODERATORS_MAY_NAME),
    )


def keep_blind(review: Review, moderator: Moderator, reviews: Reviews) -> None:
    """Forbidden while a second opinion is awaited, to all but who gave the first."""
    if review.kind is not ReviewKind.PHOTOS or review.decided_by in {None, moderator.id}:
        return
    try:
        second = reviews.get(review_of(review.job_id, ReviewKind.SECOND))
    except NotFound:
        return
    if second.state is ReviewState.WAITING:
        raise Forbidden("a second opinion is awaited: nobody sees the first until then")


def _photo(found: PhotoFindings, photo: Photo, preview: str | None, cards: Cards) -> CasePhoto:
    seen = photo.verdict.seen if photo.verdict else None
    return CasePhoto(
        photo_id=found.photo_id,
        flagged=bool(found.findings),
        findings=tuple(_finding(finding, cards) for finding in found.findings),
        labels=seen.labels if seen else (),
        age_low=seen.age_low if seen else None,
        age_high=seen.age_high if seen else None,
        similarity=seen.similarity if seen else None,
        face=photo.face,
        width=photo.width,
        height=photo.height,
        preview=preview,
        match=found.match,
    )


def _finding(finding: Finding, cards: Cards) -> FindingView:
    return FindingView(
        outcome=finding.outcome,
        reason=explain(finding.reason, cards) if finding.reason else None,
        source=finding.source,
        confidence=finding.confidence,
    )


def _preview(job_id: JobId, photo_id: PhotoId, photos: Photos, previews: Previews) -> str | None:
    try:
        jpeg = photos.read(job_id, photo_id)
    except NotFound:
        return None
    return f"data:image/jpeg;base64,{base64.b64encode(previews.blurred(jpeg)).decode()}"


def _decision(review: Review, moderator: Moderator) -> DecisionView | None:
    if review.decided_at is None or review.decided_by is None:
        return None
    return DecisionView(
        approved=review.state is ReviewState.APPROVED,
        photos=review.refused,
        decided_at=review.decided_at,
        yours=review.decided_by == moderator.id,
    )
