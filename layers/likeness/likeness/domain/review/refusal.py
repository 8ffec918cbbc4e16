"""The reasons for which photos were refused or left out, for the statement of reasons."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pydantic import Field

from likeness.domain.ids import PhotoIdField
from likeness.domain.jobs.job import Job, JobState
from likeness.domain.photos.photo import Photo, PhotoState
from likeness.domain.reasons import Reason
from likeness.domain.record import Record
from likeness.domain.review.kinds import ReviewKind, ReviewState
from likeness.domain.verdict import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from likeness.domain.review.case import Review

# Appeals are accepted this long after the refusal: records expire after 90 days, and an appeal
# takes some of them.
APPEAL_WITHIN = timedelta(days=80)


class Refusal(Record):
    grounds: dict[PhotoIdField, Reason] = Field(description="of the job's refusal")
    automated: bool
    left_out: dict[PhotoIdField, Reason] = {}

    @property
    def needing_statement(self) -> dict[PhotoIdField, Reason]:
        """Those that need a statement of reasons; the user may appeal against them."""
        photos = self.left_out | self.grounds
        return {photo: reason for photo, reason in photos.items() if reason.needs_statement}

    @property
    def reason(self) -> Reason | None:
        """The job's reason: a policy reason takes precedence over one that the user can fix."""
        reasons = list(self.grounds.values())
        return next((one for one in reasons if one.needs_statement), next(iter(reasons), None))


def decisions(job: Job, photos: Sequence[Photo], reviews: Iterable[Review]) -> Refusal:
    """Returns what the user may contest: photos of a refused job, and photos that were left out.

    Nothing of a job that a confirmed hold closed: a statement would warn its user.
    """
    if job.reason is Reason.SYSTEM_CLOSED:
        return Refusal(grounds={}, automated=True)
    if job.state is JobState.REFUSED:
        return refusal(photos, reviews)
    return Refusal(grounds={}, automated=True, left_out=_left_out(photos))


def issued_at(job: Job, photos: Iterable[Photo]) -> datetime:
    """Returns when these decisions were made: the appeal's time begins."""
    left_out = [photo.left_out_at for photo in photos if photo.left_out_at]
    return job.ended_at if job.state is JobState.REFUSED or not left_out else min(left_out)


def refusal(photos: Sequence[Photo], reviews: Iterable[Review]) -> Refusal:
    """Returns the moderators' decision, else the automated one. Appeals do not change it."""
    left_out = _left_out(photos)
    for review in reviews:
        if review.kind is not ReviewKind.APPEAL and review.state is ReviewState.REFUSED:
            decided = {photo.photo_id: photo.reason for photo in review.refused}
            return Refusal(grounds=decided, automated=False, left_out=left_out)
    refused = {
        photo.photo_id: photo.verdict.reason
        for photo in photos
        if photo.verdict and photo.verdict.outcome is Outcome.REFUSED
    }
    grounds = {p: r for p, r in refused.items() if r is not None}
    return Refusal(grounds=grounds, automated=True, left_out=left_out)


def _left_out(photos: Iterable[Photo]) -> dict[PhotoIdField, Reason]:
    return {
        photo.photo_id: photo.problem.reason
        for photo in photos
        if photo.state is PhotoState.LEFT_OUT and photo.problem
    }
