"""Everything that a moderator sees of one case: findings, blurred previews, notes, context."""

import base64
from dataclasses import dataclass
from datetime import datetime

from likeness.api.review import CaseView
from likeness.domain.errors import NotFound
from likeness.domain.ids import JobId, PhotoId
from likeness.domain.review.case import MODERATOR_REASONS, Moderator, Review, ReviewState
from likeness.ports.jobs import Jobs
from likeness.ports.photos import Photos
from likeness.ports.review import Previews
from likeness.presenters.jobs import Cards, reason_view
from likeness.presenters.review import case_photo, decision_view, note_view, review_summary


@dataclass(frozen=True)
class CaseReader:
    jobs: Jobs
    photos: Photos
    previews: Previews
    reasons: Cards

    def view(self, review: Review, moderator: Moderator, now: datetime) -> CaseView:
        """Previews are made for each request and never stored."""
        there = {photo.photo_id: photo for photo in self.jobs.photos(review.job_id)}
        verdicts = [photo.verdict for photo in there.values() if photo.verdict]
        waits = review.state is ReviewState.WAITING
        return CaseView(
            review=review_summary(review, moderator, now),
            photos=tuple(
                case_photo(
                    found,
                    there[found.photo_id],
                    self._preview(review.job_id, found.photo_id) if waits else None,
                    self.reasons,
                )
                for found in review.photos
            ),
            age_assurance=verdicts[0].evidence.age_assurance if verdicts else None,
            policy_version=verdicts[0].policy_version if verdicts else None,
            detector_version=verdicts[0].evidence.detector_version if verdicts else None,
            decision=decision_view(review, moderator),
            notes=tuple(note_view(note, moderator) for note in review.notes),
            escalation=review.escalation.reason if review.escalation else None,
            reason_codes=tuple(reason_view(reason, self.reasons) for reason in MODERATOR_REASONS),
        )

    def _preview(self, job_id: JobId, photo_id: PhotoId) -> str | None:
        try:
            jpeg = self.photos.read(job_id, photo_id)
        except NotFound:
            return None
        blurred = base64.b64encode(self.previews.blurred(jpeg)).decode()
        return f"data:image/jpeg;base64,{blurred}"
