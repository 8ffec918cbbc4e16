"""Ports of published avatars: storage, Content Credentials and watermarks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

from likeness.domain.generation.avatar import Avatar
from likeness.domain.provenance.credentials import Claim, CredentialsReading, WatermarkRecord
from likeness.domain.record import Record

if TYPE_CHECKING:
    from datetime import datetime

    from likeness.domain.ids import AvatarId, JobId
    from likeness.domain.provenance.watermark import WatermarkId


class Watermarks(Protocol):
    """Which avatar contains which watermark."""

    def add(self, published: WatermarkRecord) -> None:
        """Store the first record of a watermark. Raises Conflict if another avatar has it."""

    def revoke(self, watermarks: Iterable[WatermarkId]) -> None:
        """Mark these records as revoked. A watermark without a record is ignored."""

    def find(self, watermarks: Sequence[WatermarkId]) -> WatermarkRecord | None:
        """Return the record of the first watermark that has one."""


class AvatarUrls(Record):
    """Presigned URLs of one avatar: the PNG, and WebP by side in px."""

    png: str
    webp: dict[int, str]


Sign = Callable[[Avatar, bytes, str], bytes]  # (avatar, picture, content type) -> signed picture


class AvatarStore(Protocol):
    """Published avatars. Presigned URLs are valid for five minutes."""

    def publish(self, avatars: Sequence[Avatar], *, sign: Sign) -> None:
        """Write every avatar in all sizes, signed, then one ZIP.

        Raises NotFound if a drawn avatar is gone, Conflict if it is not the approved one.
        """

    def publish_placeholders(self, avatars: Sequence[Avatar]) -> None:
        """Write a test job's pictures, marked TEST and unsigned, in all sizes, then one ZIP."""

    def urls(self, job_id: JobId, avatar_ids: Iterable[AvatarId]) -> dict[AvatarId, AvatarUrls]: ...
    def thumbnail_url(self, job_id: JobId, avatar_id: AvatarId) -> str:
        """Return the presigned URL of the smallest WebP."""

    def archive_url(self, job_id: JobId) -> str: ...
    def keep(self, kept: Sequence[Avatar], others: Iterable[AvatarId]) -> None:
        """Write the ZIP of `kept`, then delete the others. Raises NotDeleted if one is left."""


class Keys(Protocol):
    """The stage's KMS keys."""

    def unusable(self) -> int:
        """Return how many are disabled or will be deleted."""


class CertificateChain(Protocol):
    def renew_at(self) -> datetime | None:
        """Return when operators should replace the chain; None if there is no chain."""


# (picture, content type, claim) -> the picture with the claim in it
SignPicture = Callable[[bytes, str, Claim], bytes]


class Credentials(Protocol):
    """Content Credentials (C2PA) in pictures. Types: image/png, image/webp, image/jpeg."""

    def signer(self) -> SignPicture:
        """Return what signs the pictures of one job. Both raise Unavailable if they cannot."""

    def read(self, picture: bytes, content_type: str) -> CredentialsReading: ...


class WatermarkReader(Protocol):
    def read(self, jpeg: bytes, *, mirrored: bool = False) -> list[WatermarkId]:
        """Return the watermarks that a normalised picture may contain, most likely first.

        `mirrored`: read it flipped, left to right. A picture is readable in one of both ways.
        """
