"""A job that waits for a moderator."""

from enum import StrEnum

from pydantic import AwareDatetime, Field

from likeness.domain.errors import Conflict
from likeness.domain.ids import JobId, JobIdField, PhotoIdField, ReviewId
from likeness.domain.moderation import Finding
from likeness.domain.reasons import Reason
from likeness.domain.record import Record


class ReviewState(StrEnum):
    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    EXPIRED = "expired"


def review_of(job_id: JobId) -> ReviewId:
    """The review that a job's state machine waits for: a job has one."""
    return ReviewId(job_id)


class PhotoFindings(Record):
    """What moderators are asked to look at in one photo."""

    photo_id: PhotoIdField
    findings: tuple[Finding, ...]


class Review(Record):
    """One review: opened by the state machine, decided by one moderator or by its deadline."""

    review_id: ReviewId
    job_id: JobIdField
    version: int = 1
    state: ReviewState = ReviewState.WAITING
    opened_at: AwareDatetime
    decide_by: AwareDatetime
    photos: tuple[PhotoFindings, ...]
    decided_at: AwareDatetime | None = None
    decided_by: str | None = Field(default=None, description="the moderator's subject id")
    reason: Reason | None = None

    def decide(
        self, state: ReviewState, *, now: AwareDatetime, by: str, reason: Reason | None = None
    ) -> "Review":
        """The review once decided; Conflict where somebody or the deadline was first."""
        if self.state is not ReviewState.WAITING:
            raise Conflict(f"review {self.review_id} is {self.state} already")
        if now >= self.decide_by:
            raise Conflict(f"review {self.review_id} ran out at {self.decide_by.isoformat()}")
        return self.model_copy(
            update={
                "version": self.version + 1,
                "state": state,
                "decided_at": now,
                "decided_by": by,
                "reason": reason,
            }
        )

    def expire(self, now: AwareDatetime) -> "Review":
        return self.model_copy(
            update={"version": self.version + 1, "state": ReviewState.EXPIRED, "decided_at": now}
        )
