"""Kinds and states of cases."""

from enum import StrEnum


class ReviewState(StrEnum):
    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    EXPIRED = "expired"
    HELD = "held"  # its photos may be illegal: a lead decides about the hold first
    CLOSED = "closed"  # that hold was confirmed: no decision that the user is told


class ReviewKind(StrEnum):
    PHOTOS = "photos"
    SECOND = "second"  # a blind second opinion
    APPEAL = "appeal"
    KNOWN = "known"  # has no job, and looks like PHOTOS to moderators


class Queue(StrEnum):
    """Where a case waits."""

    PHOTOS = "photos"
    APPEALS = "appeals"
    ESCALATED = "escalated"


class SkipReason(StrEnum):
    UPSETTING = "upsetting"
    UNSURE = "unsure"
    LANGUAGE = "language"  # text in the photo that the moderator cannot read
    KNOWN_PERSON = "known_person"
    OTHER = "other"


class EscalationReason(StrEnum):
    UNSURE = "unsure"  # the guidelines do not decide it
