"""What a completed job's own record says of its published avatars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field, model_serializer, model_validator

from likeness.domain.ids import AvatarIdField, StyleIdField
from likeness.domain.record import Record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from likeness.domain.generation.avatar import Avatar


class PublishedAvatar(Record):
    """As much of an avatar as the app is shown.

    Stored as one text, "a01 comic 0.39": the table bills a job's record by the kilobyte.
    """

    avatar_id: AvatarIdField
    style: StyleIdField
    distance: float | None = Field(default=None, description="as the avatar's")

    @model_validator(mode="before")
    @classmethod
    def _read(cls, stored: object) -> object:
        if not isinstance(stored, str):
            return stored
        # The next release may have stored another part.
        return dict(zip(cls.model_fields, stored.split(), strict=False))

    @model_serializer
    def _write(self) -> str:
        known = (self.avatar_id, self.style, self.distance)
        return " ".join(str(part) for part in known if part is not None)


def shown(avatars: Sequence[Avatar]) -> dict[str, Any]:
    """Returns the fields of a job that shows these avatars, best first."""
    return {
        "avatars_shown": len(avatars),
        "cover": avatars[0].avatar_id if avatars else None,
        "published": tuple(
            PublishedAvatar(avatar_id=one.avatar_id, style=one.style, distance=one.distance)
            for one in avatars
        ),
    }
