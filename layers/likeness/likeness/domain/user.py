"""What is remembered of a user between jobs."""

from likeness.domain.catalogue import Plus
from likeness.domain.ids import ErasureIdField
from likeness.domain.quota import UserZone
from likeness.domain.record import Record


class Profile(Record):
    """Empty until something is known: nobody signs up here."""

    zone: UserZone | None = None
    plus: Plus | None = None
    erasing: ErasureIdField | None = None
