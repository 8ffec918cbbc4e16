"""The reasons for which a job's photos were refused, for the statement of reasons."""

from collections.abc import Iterable
from datetime import timedelta

from likeness.domain.ids import PhotoIdField
from likeness.domain.moderation import Outcome
from likeness.domain.photos.photo import Photo
from likeness.domain.reasons import Reason
from likeness.domain.record import Record
from likeness.domain.review.case import Review, ReviewKind, ReviewState

# Appeals are accepted this long after the refusal: records expire after 90 days, and an appeal
# takes some of them.
APPEAL_WITHIN = timedelta(days=80)


class Refusal(Record):
    grounds: dict[PhotoIdField, Reason]
    automated: bool

    @property
    def needing_statement(self) -> dict[PhotoIdField, Reason]:
        """Those that need a statement of reasons; the user may appeal against them."""
        return {photo: reason for photo, reason in self.grounds.items() if reason.needs_statement}

    @property
    def reason(self) -> Reason | None:
        """The job's reason: a policy reason takes precedence over one that the user can fix."""
        return next(iter([*self.needing_statement.values(), *self.grounds.values()]), None)


def refusal(photos: Iterable[Photo], reviews: Iterable[Review]) -> Refusal:
    """Returns the moderators' decision, else the automated one. Appeals do not change it."""
    for review in reviews:
        if review.kind is not ReviewKind.APPEAL and review.state is ReviewState.REFUSED:
            decided = {photo.photo_id: photo.reason for photo in review.refused}
            return Refusal(grounds=decided, automated=False)
    refused = {
        photo.photo_id: photo.verdict.reason
        for photo in photos
        if photo.verdict and photo.verdict.outcome is Outcome.REFUSED
    }
    return Refusal(grounds={p: r for p, r in refused.items() if r is not None}, automated=True)
