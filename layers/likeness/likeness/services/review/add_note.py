"""Write a note on a case for the moderators who work it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.api.review import AddNote, NotesView
from likeness.domain.review.audit import AuditAction
from likeness.presenters.review import note_view
from likeness.services.review.changing import change_case

if TYPE_CHECKING:
    from likeness.domain.ids import ReviewId
    from likeness.domain.review.case import Moderator
    from likeness.ports.review import Reviews
    from likeness.ports.runtime import Clock


def add_note(
    review_id: ReviewId,
    request: AddNote,
    *,
    moderator: Moderator,
    reviews: Reviews,
    clock: Clock,
) -> NotesView:
    """No lease is needed. The audit event does not contain the text, because it stays for ever."""
    now = clock.now()
    annotated = change_case(
        review_id,
        lambda review: review.annotate(moderator.id, now, request.text),
        moderator=moderator,
        reviews=reviews,
        now=now,
        action=AuditAction.NOTED,
    )
    return NotesView(
        review_id=review_id, notes=tuple(note_view(note, moderator) for note in annotated.notes)
    )
