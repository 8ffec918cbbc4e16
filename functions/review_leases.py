"""Leases and notes of cases, and who works them. Reads no picture and decides nothing."""

from likeness import bootstrap
from likeness.api.review import (
    AddNote,
    ClaimView,
    EscalateReview,
    NotesView,
    ReviewSummary,
    SkipReview,
)
from likeness.domain.errors import (
    CASE_CONFLICTS,
    CaseDecided,
    CaseTaken,
    ConcurrentChange,
    DeadlinePassed,
    NotEscalated,
)
from likeness.domain.ids import ReviewId
from likeness.domain.review.case import Moderator
from likeness.entrypoints.http import OnRepeat, route, routes
from likeness.services.review.add_note import add_note
from likeness.services.review.claim_review import claim_review
from likeness.services.review.escalate_review import escalate_review
from likeness.services.review.heartbeat_review import heartbeat_review
from likeness.services.review.release_review import release_review
from likeness.services.review.return_review import return_review
from likeness.services.review.skip_review import skip_review
from likeness.services.review.undo_decision import undo_decision


@route(
    "POST",
    "/v1/reviews/{review_id}/claim",
    gives=ClaimView,
    moderators=bootstrap.staff,
    raises=[CaseTaken, CaseDecided, ConcurrentChange, DeadlinePassed],
    on_repeat=OnRepeat.RUN_AGAIN,
)
def claim_review_handler(review_id: ReviewId, moderator: Moderator) -> ClaimView:
    """Lease the case. A heartbeat renews the lease."""
    return claim_review(
        review_id,
        moderator=moderator,
        reviews=bootstrap.reviews(),
        clock=bootstrap.CLOCK,
        lease=bootstrap.settings().lease,
    )


@route(
    "POST",
    "/v1/reviews/{review_id}/heartbeat",
    gives=ClaimView,
    moderators=bootstrap.staff,
    raises=[*CASE_CONFLICTS, ConcurrentChange],
    on_repeat=OnRepeat.RUN_AGAIN,
)
def heartbeat_review_handler(review_id: ReviewId, moderator: Moderator) -> ClaimView:
    """Renew the lease; 409 if it was lost."""
    return heartbeat_review(
        review_id,
        moderator=moderator,
        reviews=bootstrap.reviews(),
        clock=bootstrap.CLOCK,
        lease=bootstrap.settings().lease,
    )


@route(
    "POST",
    "/v1/reviews/{review_id}/release",
    gives=ReviewSummary,
    moderators=bootstrap.staff,
    raises=[*CASE_CONFLICTS, ConcurrentChange],
    on_repeat=OnRepeat.RUN_AGAIN,
)
def release_review_handler(review_id: ReviewId, moderator: Moderator) -> ReviewSummary:
    """Return the case to the queue, undecided."""
    return release_review(
        review_id, moderator=moderator, reviews=bootstrap.reviews(), clock=bootstrap.CLOCK
    )


@route(
    "POST",
    "/v1/reviews/{review_id}/skip",
    takes=SkipReview,
    gives=ReviewSummary,
    moderators=bootstrap.staff,
    raises=[*CASE_CONFLICTS, ConcurrentChange],
    on_repeat=OnRepeat.RUN_AGAIN,
)
def skip_review_handler(
    review_id: ReviewId, request: SkipReview, moderator: Moderator
) -> ReviewSummary:
    """Return the case to the queue. Claim next does not give it to you for an hour."""
    return skip_review(
        review_id,
        request,
        moderator=moderator,
        reviews=bootstrap.reviews(),
        clock=bootstrap.CLOCK,
    )


@route(
    "POST",
    "/v1/reviews/{review_id}/escalate",
    takes=EscalateReview,
    gives=ReviewSummary,
    moderators=bootstrap.staff,
    raises=[*CASE_CONFLICTS, ConcurrentChange],
    on_repeat=OnRepeat.RUN_AGAIN,
)
def escalate_review_handler(
    review_id: ReviewId, request: EscalateReview, moderator: Moderator
) -> ReviewSummary:
    """Leave the case to a lead other than you, with a note."""
    return escalate_review(
        review_id,
        request,
        moderator=moderator,
        reviews=bootstrap.reviews(),
        clock=bootstrap.CLOCK,
    )


@route(
    "POST",
    "/v1/reviews/{review_id}/return",
    gives=ReviewSummary,
    moderators=bootstrap.staff,
    raises=[*CASE_CONFLICTS, ConcurrentChange, NotEscalated],
    on_repeat=OnRepeat.RUN_AGAIN,
)
def return_review_handler(review_id: ReviewId, moderator: Moderator) -> ReviewSummary:
    """For leads: return an escalated case to the moderators."""
    return return_review(
        review_id,
        moderator=moderator,
        reviews=bootstrap.reviews(),
        clock=bootstrap.CLOCK,
    )


@route(
    "POST",
    "/v1/reviews/{review_id}/notes",
    takes=AddNote,
    gives=NotesView,
    moderators=bootstrap.staff,
    raises=[CaseTaken, ConcurrentChange],
    on_repeat=OnRepeat.RUN_AGAIN,
)
def add_note_handler(review_id: ReviewId, request: AddNote, moderator: Moderator) -> NotesView:
    """Write a note for the moderators who work the case. Deleted with the case."""
    return add_note(
        review_id,
        request,
        moderator=moderator,
        reviews=bootstrap.reviews(),
        clock=bootstrap.CLOCK,
    )


@route(
    "DELETE",
    "/v1/reviews/{review_id}/decision",
    gives=ClaimView,
    moderators=bootstrap.staff,
    raises=[CaseTaken, CaseDecided, ConcurrentChange],
)
def undo_decision_handler(review_id: ReviewId, moderator: Moderator) -> ClaimView:
    """Take your decision back before it takes effect. The case is yours again."""
    return undo_decision(
        review_id,
        moderator=moderator,
        reviews=bootstrap.reviews(),
        clock=bootstrap.CLOCK,
        lease=bootstrap.settings().lease,
    )


handler = routes(
    claim_review_handler,
    heartbeat_review_handler,
    release_review_handler,
    skip_review_handler,
    escalate_review_handler,
    return_review_handler,
    add_note_handler,
    undo_decision_handler,
)
