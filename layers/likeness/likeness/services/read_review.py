"""One review: what was found in which photo, and links that live a minute."""

from likeness.api import ReviewedPhoto, ReviewView
from likeness.domain.errors import Forbidden
from likeness.domain.ids import ReviewId
from likeness.domain.moderation import Finding
from likeness.domain.review import ReviewState
from likeness.ports import Jobs, Photos, Reviews
from likeness.services.list_reviews import summary


def read_review(
    review_id: ReviewId, *, moderator: str, jobs: Jobs, reviews: Reviews, photos: Photos
) -> ReviewView:
    """Links are given only while the review waits: afterwards there is nothing left to look at."""
    review = reviews.get(review_id)
    if jobs.get(review.job_id).user_id == moderator:
        raise Forbidden("moderators do not see reviews of their own photos")
    if review.state is not ReviewState.WAITING:
        return summary(review)
    return summary(review).model_copy(
        update={
            "photos": tuple(
                ReviewedPhoto(
                    photo_id=seen.photo_id,
                    findings=tuple(_in_words(finding) for finding in seen.findings),
                    link=photos.review_link(review.job_id, seen.photo_id),
                )
                for seen in review.photos
            )
        }
    )


def _in_words(finding: Finding) -> str:
    sure = "" if finding.confidence is None else f" ({finding.confidence:.0f} %)"
    return f"{finding.outcome}: {finding.reason or 'no rule for this'}, {finding.source}{sure}"
