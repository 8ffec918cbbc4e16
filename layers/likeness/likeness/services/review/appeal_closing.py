"""Close an appeal once it is decided or expired."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from likeness.domain.account.quota import grant_day
from likeness.domain.deletion.receipt import PHOTOS, DeletionState
from likeness.domain.jobs.job import Job, JobState
from likeness.domain.reasons import Reason
from likeness.domain.review.appeal import AppealState
from likeness.domain.review.kinds import ReviewState
from likeness.domain.review.refusal import decisions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from likeness.domain.review.case import Review
    from likeness.ports.account import Ledger, Users
    from likeness.ports.deletion import Deletions, JobFiles
    from likeness.ports.jobs import Jobs
    from likeness.ports.review import Appeals, Reviews


@dataclass(frozen=True)
class AppealClosing:
    jobs: Jobs
    reviews: Reviews
    appeals: Appeals
    files: JobFiles
    deletions: Deletions
    ledger: Ledger
    users: Users

    def close(self, review: Review, now: datetime) -> None:
        """Apply the decision. Idempotent.

        If the appeal is granted, moderation finds these reasons in these photos no more. After a
        refused job the user gets one more job; a photo that was left out may be used in the next
        one. The appealed files are deleted, unless a hold forbids it. The appeal is closed last: an
        open one means that something is left to do.
        """
        job = self.jobs.get(review.job_id)
        appeal = self.appeals.get(review.job_id)
        if appeal is None or appeal.state is not AppealState.IN_REVIEW:
            return
        state = {
            ReviewState.APPROVED: AppealState.GRANTED,
            ReviewState.REFUSED: AppealState.REJECTED,
        }.get(review.state, AppealState.EXPIRED)
        if state is AppealState.GRANTED:
            self.grant(job, review.decided_at or now)
        deletion = self.deletions.get(review.job_id)
        if deletion is None or not deletion.forbids_deletion:
            self.files.delete(review.job_id, PHOTOS)
        held = deletion is not None and deletion.state is DeletionState.HELD
        gone = None if held else now
        self.appeals.save(
            appeal.change(state=state, decided_at=review.decided_at, photos_deleted_at=gone)
        )

    def grant(self, job: Job, at: datetime) -> None:
        """Give the user what a granted appeal gives, apart from the appeal. Idempotent."""
        self.users.exonerate(job.user_id, self._reasons(job))
        zone = self.users.profile(job.user_id).zone  # set with the first job
        if job.state is JobState.REFUSED and job.day is not None and zone is not None:
            self.ledger.grant(job, job.day if job.test else grant_day(at, zone), now=at)

    def _reasons(self, job: Job) -> Mapping[str, frozenset[Reason]]:
        """By HMAC: the reason of each photo's refusal, and all that moderation found in it.

        But not that it shows another person, unless that was contested: an appeal shows the photo
        without its set.
        """
        photos = self.jobs.photos(job.job_id)
        owed = decisions(job, photos, self.reviews.for_job(job.job_id)).needing_statement
        return {
            photo.hmac: frozenset({owed[photo.photo_id]})
            | {f.reason for f in (photo.verdict.findings if photo.verdict else ()) if f.reason}
            - {Reason.SUBJECT_DIFFERENT_PERSON}
            for photo in photos
            if photo.hmac and photo.photo_id in owed
        }
