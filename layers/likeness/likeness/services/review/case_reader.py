"""Everything that a moderator sees of one case: findings, blurred previews, notes, context."""

from __future__ import annotations

import base64
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from likeness.api.review import CaseView, UserContext
from likeness.domain.errors import NotFound
from likeness.domain.jobs.job import JobState
from likeness.domain.reasons import Reason
from likeness.domain.review.appeal import AppealState
from likeness.domain.review.case import MODERATOR_REASONS, Moderator, Review
from likeness.domain.review.kinds import ReviewKind, ReviewState
from likeness.domain.review.known_case import CaseContext
from likeness.presenters.reasons import Cards, reason_view
from likeness.presenters.review import case_photo, decision_view, note_view, review_summary

if TYPE_CHECKING:
    from datetime import datetime

    from likeness.domain.ids import JobId, PhotoId
    from likeness.ports.jobs import Jobs
    from likeness.ports.known_cases import KnownCases
    from likeness.ports.photos import Photos
    from likeness.ports.review import Appeals, Previews, Reviews

EARLIER_JOBS = 50


@dataclass(frozen=True)
class CaseReader:
    jobs: Jobs
    photos: Photos
    previews: Previews
    reasons: Cards
    reviews: Reviews
    appeals: Appeals
    known_cases: KnownCases

    def view(self, review: Review, moderator: Moderator, now: datetime) -> CaseView:
        """Previews are made for each request and never stored."""
        known = None
        if review.kind is ReviewKind.KNOWN:
            known = self.known_cases.get(review.job_id)
        found = known.photos if known else self.jobs.photos(review.job_id)
        context = known.context if known else self.context(review)
        there = {photo.photo_id: photo for photo in found}
        verdicts = [photo.verdict for photo in there.values() if photo.verdict]
        waits = review.state is ReviewState.WAITING
        return CaseView(
            review=review_summary(review, moderator, now),
            photos=tuple(
                case_photo(
                    one,
                    there[one.photo_id],
                    self._preview(review.job_id, one.photo_id) if waits else None,
                    self.reasons,
                )
                for one in review.photos
            ),
            age_assurance=verdicts[0].evidence.age_assurance if verdicts else None,
            policy_version=verdicts[0].policy_version if verdicts else None,
            detector_version=verdicts[0].evidence.detector_version if verdicts else None,
            decision=decision_view(review, moderator),
            context=UserContext(**context.model_dump()),
            notes=tuple(note_view(note, moderator) for note in review.notes),
            escalation=review.escalation.reason if review.escalation else None,
            reason_codes=tuple(reason_view(reason, self.reasons) for reason in MODERATOR_REASONS),
        )

    def context(self, review: Review) -> CaseContext:
        """Count what the user's earlier jobs came to, from their records: nothing is stored."""
        earlier = [
            job
            for job in self.jobs.newest(review.owner, limit=EARLIER_JOBS).items
            if job.job_id != review.job_id
        ]
        refused, granted = Counter[Reason](), Counter[Reason]()
        approved = 0
        for job in earlier:
            if job.state is JobState.REFUSED and job.reason and job.reason.needs_statement:
                refused[job.reason] += 1
                appeal = self.appeals.get(job.job_id)
                if appeal and appeal.state is AppealState.GRANTED:
                    granted[job.reason] += 1
            elif any(moment.state is JobState.IN_REVIEW for moment in job.timeline):
                decided = self.reviews.for_job(job.job_id)
                approved += any(one.state is ReviewState.APPROVED for one in decided)
        return CaseContext(
            jobs=len(earlier),
            refused=dict(refused),
            appeals_granted=dict(granted),
            approved_by_moderators=approved,
        )

    def _preview(self, job_id: JobId, photo_id: PhotoId) -> str | None:
        try:
            jpeg = self.photos.read(job_id, photo_id)
        except NotFound:
            return None
        blurred = base64.b64encode(self.previews.blurred(jpeg)).decode()
        return f"data:image/jpeg;base64,{blurred}"
