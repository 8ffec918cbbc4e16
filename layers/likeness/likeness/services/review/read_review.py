"""One case: the findings in each photo, and a blurred grey preview."""

import base64

from likeness.api.review import CaseView
from likeness.domain.errors import NotFound
from likeness.domain.ids import JobId, PhotoId, ReviewId
from likeness.domain.review.case import MODERATOR_REASONS, Moderator, ReviewState
from likeness.ports.jobs import Jobs
from likeness.ports.photos import Photos
from likeness.ports.review import Previews, Reviews
from likeness.ports.runtime import Clock
from likeness.presenters.jobs import Cards, reason_view
from likeness.presenters.review import case_photo, decision_view, review_summary
from likeness.services.review.blind import require_not_blind


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
    """Previews are made for each request and never stored."""
    review = reviews.get(review_id)
    review.require_allowed(moderator)
    require_not_blind(review, moderator, reviews)
    there = {photo.photo_id: photo for photo in jobs.photos(review.job_id)}
    verdicts = [photo.verdict for photo in there.values() if photo.verdict]
    waits = review.state is ReviewState.WAITING
    return CaseView(
        review=review_summary(review, moderator, clock.now()),
        photos=tuple(
            case_photo(
                found,
                there[found.photo_id],
                _preview(review.job_id, found.photo_id, photos, previews) if waits else None,
                reasons,
            )
            for found in review.photos
        ),
        age_assurance=verdicts[0].evidence.age_assurance if verdicts else None,
        policy_version=verdicts[0].policy_version if verdicts else None,
        detector_version=verdicts[0].evidence.detector_version if verdicts else None,
        decision=decision_view(review, moderator),
        reason_codes=tuple(reason_view(reason, reasons) for reason in MODERATOR_REASONS),
    )


def _preview(job_id: JobId, photo_id: PhotoId, photos: Photos, previews: Previews) -> str | None:
    try:
        jpeg = photos.read(job_id, photo_id)
    except NotFound:
        return None
    return f"data:image/jpeg;base64,{base64.b64encode(previews.blurred(jpeg)).decode()}"
