"""Published avatars: every size, one ZIP, and presigned URLs."""

from __future__ import annotations

import hashlib
import hmac
import os
import tempfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

from likeness.adapters.generation.png import only_pixels
from likeness.adapters.provenance import xmp
from likeness.adapters.s3 import object_keys as keys
from likeness.adapters.s3.bucket import Bucket
from likeness.adapters.s3.deletion import delete_folders
from likeness.adapters.s3.presigned import url
from likeness.domain.errors import Conflict
from likeness.domain.provenance.credentials import SOURCE_TYPES
from likeness.ports.provenance import AvatarUrls

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mypy_boto3_s3.client import S3Client

    from likeness.domain.generation.avatar import Avatar
    from likeness.domain.ids import AvatarId, JobId
    from likeness.ports.provenance import Sign

SIDE = 1024  # px, as ordered
WEBP_SIDES = (512, 256)
URL_LIFETIME = timedelta(minutes=5)
# While some threads wait for S3, others compress: with one thread a core the cores would wait too.
AT_ONCE = 2 * (os.cpu_count() or 1)
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)  # fixed: the same avatars give the same bytes


class AvatarBucket:
    def __init__(self, s3: S3Client, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._objects = Bucket(s3, bucket)

    def publish(self, avatars: Sequence[Avatar], *, sign: Sign) -> None:
        ranked = sorted(avatars, key=lambda avatar: avatar.rank)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            self._pack(ranked, pool.map(lambda avatar: self._publish(avatar, sign), ranked))

    def publish_placeholders(self, avatars: Sequence[Avatar]) -> None:
        ranked = sorted(avatars, key=lambda avatar: avatar.rank)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            self._pack(ranked, pool.map(self._publish_placeholder, ranked))

    def keep(self, kept: Sequence[Avatar], others: Iterable[AvatarId]) -> None:
        """The ZIP is replaced first, because it contains the others."""
        ranked = sorted(kept, key=lambda avatar: avatar.rank)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            paths = (self._key(avatar, SIDE, "png") for avatar in ranked)
            self._pack(ranked, pool.map(self._read, ranked, paths))
        gone = {(a.job_id, avatar_id) for a in kept for avatar_id in others}
        folders = (keys.all_of_avatar(*avatar) for avatar in sorted(gone))
        delete_folders(self._s3, self._bucket, *folders)

    def urls(self, job_id: JobId, avatar_ids: Iterable[AvatarId]) -> dict[AvatarId, AvatarUrls]:
        return {
            avatar_id: AvatarUrls(
                png=self._url(job_id, avatar_id, SIDE, "png"),
                webp={side: self._url(job_id, avatar_id, side, "webp") for side in WEBP_SIDES},
            )
            for avatar_id in avatar_ids
        }

    def thumbnail_url(self, job_id: JobId, avatar_id: AvatarId) -> str:
        return self._url(job_id, avatar_id, min(WEBP_SIDES), "webp")

    def archive_url(self, job_id: JobId) -> str:
        return url(
            self._s3,
            self._bucket,
            keys.archive(job_id),
            lifetime=URL_LIFETIME,
            content_type="application/zip",
            file_name="avatars.zip",
            download=True,
        )

    def _pack(self, ranked: Sequence[Avatar], pngs: Iterable[bytes]) -> None:
        """Write the ZIP of one job's avatars, best first."""
        with tempfile.TemporaryFile() as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
                for n, (avatar, png) in enumerate(zip(ranked, pngs, strict=True), start=1):
                    archive.writestr(_zip_entry(f"{n:02d}-{avatar.style}.png"), png)
            file.seek(0)
            for job_id in {avatar.job_id for avatar in ranked}:
                self._objects.write(keys.archive(job_id), file, "application/zip")

    def _publish(self, avatar: Avatar, sign: Sign) -> bytes:
        """Signed last: saving a picture again removes its credentials."""
        from likeness.adapters.provenance import webp  # noqa: PLC0415 - Pillow, only to scale

        label = xmp.packet(SOURCE_TYPES[avatar.engine])
        pixels = only_pixels(self._drawn(avatar), side=SIDE, xmp=label)
        smaller = webp.scaled(pixels.stored, WEBP_SIDES, xmp=label)
        png = sign(avatar, pixels.png, "image/png")
        signed = {side: sign(avatar, content, "image/webp") for side, content in smaller.items()}
        return self._write(avatar, png, signed)

    def _publish_placeholder(self, avatar: Avatar) -> bytes:
        from likeness.adapters import placeholders  # noqa: PLC0415 - Pillow, only to draw

        png, smaller = placeholders.avatar(
            avatar.style, avatar.avatar_id, png_side=SIDE, webp_sides=WEBP_SIDES
        )
        return self._write(avatar, png, smaller)

    def _write(self, avatar: Avatar, png: bytes, smaller: Mapping[int, bytes]) -> bytes:
        self._objects.write(self._key(avatar, SIDE, "png"), png, "image/png")
        for side, content in smaller.items():
            self._objects.write(self._key(avatar, side, "webp"), content, "image/webp")
        return png

    def _drawn(self, avatar: Avatar) -> bytes:
        png = self._read(avatar, keys.drawn(avatar.job_id, avatar.avatar_id))
        if not hmac.compare_digest(hashlib.sha256(png).hexdigest(), avatar.sha256):
            raise Conflict(f"avatar {avatar.avatar_id} of job {avatar.job_id} was changed")
        return png

    def _read(self, avatar: Avatar, key: str) -> bytes:
        absent = f"avatar {avatar.avatar_id} of job {avatar.job_id} is missing"
        return self._objects.read(key, absent=absent)

    def _url(self, job_id: JobId, avatar_id: AvatarId, side: int, kind: str) -> str:
        return url(
            self._s3,
            self._bucket,
            keys.avatar(job_id, avatar_id, f"{side}.{kind}"),
            lifetime=URL_LIFETIME,
            content_type=f"image/{kind}",
            file_name=f"avatar-{avatar_id}-{side}.{kind}",
        )

    @staticmethod
    def _key(avatar: Avatar, side: int, kind: str) -> str:
        return keys.avatar(avatar.job_id, avatar.avatar_id, f"{side}.{kind}")


def _zip_entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, date_time=ZIP_EPOCH)
    entry.create_system = 3  # Unix, whatever this runs on
    entry.external_attr = 0o644 << 16
    return entry
