"""Age assurance: the app's word that it checked a user's age, by a method and at a time."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from pydantic import Field

from likeness.domain.moment import Moment
from likeness.domain.record import Record

if TYPE_CHECKING:
    from datetime import datetime


class AgeMethod(StrEnum):
    """How the app checked the age.

    The kinds of Ofcom's "Guidance on highly effective age assurance" (January 2025), and
    self-declaration, which that guidance calls not effective.
    """

    PHOTO_ID = "photo_id"
    DIGITAL_ID = "digital_id"
    OPEN_BANKING = "open_banking"
    CREDIT_CARD = "credit_card"
    MOBILE_OPERATOR = "mobile_operator"
    FACIAL_ESTIMATION = "facial_estimation"
    EMAIL_ESTIMATION = "email_estimation"
    SELF_DECLARATION = "self_declaration"


class AgeAssurance(Record):
    """The app checked that its user is at least `over_age`. We record it and do not verify it."""

    method: AgeMethod
    over_age: int = Field(ge=1, le=120, description="years", examples=[18])
    checked_at: Moment

    def at(self, now: datetime) -> CheckedAge:
        return CheckedAge(
            method=self.method, over_age=self.over_age, days=(now - self.checked_at).days
        )


class CheckedAge(Record):
    """An age assurance as moderation saw it: stored with the evidence, without a date."""

    method: AgeMethod
    over_age: int
    days: int = Field(description="age of the check at moderation")
