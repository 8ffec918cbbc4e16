"""What may be asked for: styles and tiers. Both are data, in policy/."""

from collections.abc import Iterable, Mapping
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


class Plus(Record):
    """An entitlement, as the billing system reported it."""

    expires_at: AwareDatetime
    source: str


def tier_of(plus: Plus | None, tiers: Mapping[str, Tier], now: datetime) -> Tier:
    """Plus while it lasts, Lite otherwise."""
    return tiers["plus" if plus is not None and now < plus.expires_at else "lite"]


def check_order(
    tier: Tier, styles: Iterable[StyleId], avatars: int, cards: Mapping[StyleId, StyleCard]
) -> None:
    """Raise Forbidden or Invalid where this tier may not have what was asked for."""
    if not tier.open:
        raise Forbidden(f"avatars are not open to the tier {tier.tier!r}")
    asked = list(styles)
    if len(set(asked)) != len(asked):
        raise Invalid("styles must differ from one another")
    for style in asked:
        card = cards.get(style)
        if card is None:
            raise Invalid(f"there is no style {style!r}: GET /v1/styles lists them")
        if card.withdrawn:
            raise Invalid(f"the style {style!r} was withdrawn: GET /v1/styles lists what is left")
    if len(asked) > tier.styles_a_job:
        raise Invalid(f"{len(asked)} styles asked, {tier.tier!r} may pick {tier.styles_a_job}")
    if avatars > tier.avatars_a_job:
        raise Invalid(f"{avatars} avatars asked, {tier.tier!r} may have {tier.avatars_a_job}")
    if avatars < len(asked):
        raise Invalid(f"{avatars} avatars cannot show {len(asked)} styles: ask for one each")
