"""Views of reason codes. A module of its own: the review desk shows no other part of a job."""

from collections.abc import Mapping

from likeness.api.photos import ReasonView
from likeness.domain.reasons import Reason, ReasonCard

Cards = Mapping[Reason, ReasonCard]


def reason_view(reason: Reason, cards: Cards, *, left_out: bool = False) -> ReasonView:
    """`left_out`: the photo is only doubtful, and its hint says so."""
    card = cards[reason]
    hint = card.left_out if left_out and card.left_out else card.hint
    return ReasonView(code=reason, hint=hint.model_dump(), fix_and_retry=reason.fix_and_retry)
