"""Styles and tiers. Both are data, in policy/."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from pydantic import AwareDatetime, Field

from likeness.domain.errors import Invalid, TierClosed, TierLimit, UnknownStyle
from likeness.domain.ids import StyleId, StyleIdField
from likeness.domain.moment import CLOCKS_DIFFER
from likeness.domain.record import Record

if TYPE_CHECKING:
    from datetime import datetime


class StyleCard(Record):
    style: StyleIdField
    name: Mapping[str, str]  # by language: en, de
    description: Mapping[str, str]
    withdrawn: bool = False


class Tier(Record):
    tier: str
    open: bool = Field(description="whether users of this tier may use the feature")
    jobs_a_day: int = Field(ge=0)
    avatars_a_job: int = Field(ge=1)
    styles_a_job: int = Field(ge=1)
    priority: int = Field(ge=0, description="higher-priority reviews come first in the queue")
    photos_deleted_within_s: int = Field(
        ge=0, le=300, description="seconds after the last avatar is drawn; 0: immediately"
    )


class Plus(Record):
    """The Plus entitlement, as reported by the billing system."""

    expires_at: AwareDatetime
    source: str = Field(min_length=1, max_length=64)
    effective_at: AwareDatetime = Field(description="when billing decided this; the newest wins")

    def is_decided(self, now: datetime) -> bool:
        """Whether billing may have decided it by now. A decision of the future has no effect."""
        return self.effective_at <= now + CLOCKS_DIFFER

    def is_active(self, now: datetime) -> bool:
        return self.is_decided(now) and now < self.expires_at


def tier_of(plus: Plus | None, tiers: Mapping[str, Tier], now: datetime) -> Tier:
    """Returns Plus while it is active, else Lite."""
    return tiers["plus" if plus is not None and plus.is_active(now) else "lite"]


def check_styles(
    styles: Iterable[StyleId],
    cards: Mapping[StyleId, StyleCard],
    *,
    off: Collection[StyleId] = (),
) -> None:
    """Raises Invalid if a style is repeated, UnknownStyle if it is unknown, withdrawn or off."""
    requested = list(styles)
    if len(set(requested)) != len(requested):
        raise Invalid("styles must differ from one another", field="/body/styles")
    for n, style in enumerate(requested):
        field = f"/body/styles/{n}"
        card = cards.get(style)
        if card is None:
            raise UnknownStyle(
                f"there is no style {style!r}: GET /v1/styles lists them", field=field
            )
        if card.withdrawn:
            raise UnknownStyle(
                f"the style {style!r} was withdrawn: GET /v1/styles lists the others", field=field
            )
    require_on(requested, off, field="/body/styles")


def require_on(
    styles: Sequence[StyleId], off: Collection[StyleId], *, field: str | None = None
) -> None:
    """Raises UnknownStyle if operators switched a style off."""
    for n, style in enumerate(styles):
        if style in off:
            raise UnknownStyle(
                f"the style {style!r} is switched off at present: GET /v1/styles lists the others",
                field=f"{field}/{n}" if field else None,
            )


def check_terms(tier: Tier, styles: Sequence[StyleId], avatars: int) -> None:
    """Raises TierClosed or TierLimit if the tier does not allow it, Invalid if no tier does."""
    if not tier.open:
        raise TierClosed(f"tier {tier.tier!r} may not create avatars")
    if len(styles) > tier.styles_a_job:
        raise TierLimit(
            f"{len(styles)} styles: tier {tier.tier!r} allows {tier.styles_a_job}",
            field="/body/styles",
        )
    if avatars > tier.avatars_a_job:
        raise TierLimit(
            f"{avatars} avatars: tier {tier.tier!r} allows {tier.avatars_a_job}",
            field="/body/avatars",
        )
    if avatars < len(styles):
        raise Invalid(
            f"{avatars} avatars for {len(styles)} styles: request one for each style",
            field="/body/avatars",
        )
