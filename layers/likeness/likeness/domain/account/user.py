"""What is remembered of a user between jobs."""

from collections.abc import Mapping

from pydantic import Field

from likeness.domain.account.quota import UserZone
from likeness.domain.ids import ErasureIdField
from likeness.domain.jobs.catalogue import Plus
from likeness.domain.reasons import Reason
from likeness.domain.record import Record


class Profile(Record):
    """Empty until something is known: nobody signs up here."""

    zone: UserZone | None = None
    plus: Plus | None = None
    erasing: ErasureIdField | None = None
    cleared: Mapping[str, frozenset[Reason]] = Field(
        default={}, description="by a photo's seal: what a lead found that it does not show"
    )
