"""What may be asked for: styles and tiers. Both are data, in policy/."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from pydantic import AwareDatetime, Field

from likeness.domain.errors import Forbidden, Invalid
from likeness.domain.ids import StyleId, StyleIdField
from likeness.domain.record import Record

Language = str  # "en", "de"


class StyleCard(Record):
    """A style as the app shows it."""

    style: StyleIdField
    name: Mapping[Language, str]
    description: Mapping[Language, str]
    withdrawn: bool = False


class Tier(Record):
    """What a tier of users may do."""

    tier: str
    open: bool = Field(description="whether the feature is open to this tier at all")
    jobs_a_day: int = Field(ge=0)
    avatars_a_job: int = Field(ge=1)
    styles_a_job: int = Field(ge=1)
    priority: int = Field(ge=0, description="reviews of a higher one are shown first")
    photos_deleted_within_s: int = Field(
        ge=0, le=300, description="after the last avatar is made, s; 0: at once"
    )


class Plus(Record):
    """An entitlement, as the billing system reported it."""

    expires_at: AwareDatetime
    source: str = Field(min_length=1, max_length=64)
    effective_at: AwareDatetime = Field(description="when billing decided so: the newest wins")

    def supersedes(self, other: "Plus | None") -> bool:
        """Billing's messages come late and out of order. Of two of one moment the longer lasts."""
        if other is None:
            return True
        return (self.effective_at, self.expires_at) > (other.effective_at, other.expires_at)


def tier_of(plus: Plus | None, tiers: Mapping[str, Tier], now: datetime) -> Tier:
    """Plus while it lasts, Lite otherwise."""
    return tiers["plus" if plus is not None and now < plus.expires_at else "lite"]


def check_styles(styles: Iterable[StyleId], cards: Mapping[StyleId, StyleCard]) -> None:
    """Raise Invalid where a style cannot be picked."""
    asked = list(styles)
    if len(set(asked)) != len(asked):
        raise Invalid("styles must differ from one another")
    for style in asked:
        card = cards.get(style)
        if card is None:
            raise Invalid(f"there is no style {style!r}: GET /v1/styles lists them")
        if card.withdrawn:
            raise Invalid(f"the style {style!r} was withdrawn: GET /v1/styles lists what is left")


def check_terms(tier: Tier, styles: Sequence[StyleId], avatars: int) -> None:
    """Raise Forbidden or Invalid where this tier may not have that much."""
    if not tier.open:
        raise Forbidden(f"avatars are not open to the tier {tier.tier!r}")
    if len(styles) > tier.styles_a_job:
        raise Invalid(f"{len(styles)} styles asked, {tier.tier!r} may pick {tier.styles_a_job}")
    if avatars > tier.avatars_a_job:
        raise Invalid(f"{avatars} avatars asked, {tier.tier!r} may have {tier.avatars_a_job}")
    if avatars < len(styles):
        raise Invalid(f"{avatars} avatars cannot show {len(styles)} styles: ask for one each")
