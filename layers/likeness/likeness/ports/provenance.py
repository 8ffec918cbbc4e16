"""Ports of published avatars: storage, Content Credentials and watermarks."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from likeness.domain.generation.avatar import Avatar
from likeness.domain.ids import AvatarId, JobId
from likeness.domain.provenance.credentials import Claim, CredentialsReading, WatermarkRecord
from likeness.domain.provenance.watermark import WatermarkId
from likeness.domain.record import Record


class Watermarks(Protocol):
    """Which avatar a mark was written into."""

    def remember(self, published: WatermarkRecord) -> None:
        """The first time counts. Conflict where another avatar has that mark."""
        ...

    def find(self, watermarks: Sequence[WatermarkId]) -> WatermarkRecord | None:
        """The first of them that is on record."""
        ...


class AvatarUrls(Record):
    """Short-lived links to one avatar: the PNG, and WebP by its side in px."""

    png: str
    webp: dict[int, str]


Sign = Callable[[Avatar, bytes, str], bytes]  # an avatar's picture of that content type, signed


class AvatarStore(Protocol):
    """The avatars that a user may see."""

    def publish(self, avatars: Sequence[Avatar], *, sign: Sign) -> None:
        """Write every avatar in all its sizes, each one signed last of all, then the ZIP."""
        ...

    def urls(self, job_id: JobId, avatar_ids: Iterable[AvatarId]) -> dict[AvatarId, AvatarUrls]: ...
    def archive_url(self, job_id: JobId) -> str: ...
    def keep(self, kept: Sequence[Avatar], dropped: Iterable[AvatarId]) -> None:
        """Make the ZIP anew of what is kept, delete the others; NotDeleted where one is left."""
        ...

    def purge(self, job_id: JobId) -> int:
        """Delete every avatar of the job, drawn or published; NotDeleted where one is left.

        Answers how many objects there were.
        """
        ...

    def tidy(self, job_id: JobId) -> None:
        """Delete the drawn copies that publishing read."""
        ...


class Credentials(Protocol):
    """Content Credentials (C2PA) in pictures. Types: image/png, image/webp, image/jpeg."""

    def sign(self, picture: bytes, content_type: str, claim: Claim) -> bytes:
        """The picture with our claim in it. Unavailable where it cannot be signed."""
        ...

    def read(self, picture: bytes, content_type: str) -> CredentialsReading: ...


class WatermarkReader(Protocol):
    def read(self, jpeg: bytes) -> list[WatermarkId]:
        """The marks that a normalised picture may bear, likeliest first; empty where none."""
        ...
