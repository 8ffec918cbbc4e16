"""Why a job's photos were refused, and by whom: what its statement of reasons says."""

from collections.abc import Iterable
from datetime import timedelta

from likeness.domain.ids import PhotoIdField
from likeness.domain.moderation import Outcome
from likeness.domain.photos.photo import Photo
from likeness.domain.reasons import Reason
from likeness.domain.record import Record
from likeness.domain.review.case import Review, ReviewKind, ReviewState

# How long after its end a refusal can be contested. Records stay 90 days, and an appeal takes some.
APPEAL_WITHIN = timedelta(days=80)


class Refusal(Record):
    """Each refused photo with the rule that it broke."""

    grounds: dict[PhotoIdField, Reason]
    automated: bool

    @property
    def owed(self) -> dict[PhotoIdField, Reason]:
        """Those for which the user is owed a statement, and may appeal."""
        return {photo: reason for photo, reason in self.grounds.items() if reason.needs_statement}

    @property
    def reason(self) -> Reason | None:
        """What the job ends with: a rule before a fault that its user can mend."""
        return next(iter([*self.owed.values(), *self.grounds.values()]), None)


def refusal(photos: Iterable[Photo], reviews: Iterable[Review]) -> Refusal:
    """What moderators decided, or the judge where none was asked. Appeals change nothing here."""
    for review in reviews:
        if review.kind is not ReviewKind.APPEAL and review.state is ReviewState.REFUSED:
            named = {photo.photo_id: photo.reason for photo in review.refused}
            return Refusal(grounds=named, automated=False)
    judged = {
        photo.photo_id: photo.verdict.reason
        for photo in photos
        if photo.verdict and photo.verdict.outcome is Outcome.REFUSED
    }
    return Refusal(grounds={p: r for p, r in judged.items() if r is not None}, automated=True)
