"""The two buckets in memory, and the ports that use them."""

import hashlib
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from likeness.adapters.generation import endpoint_tar
from likeness.api.photos import PresignedPost
from likeness.contracts.container import (
    DrawnAvatar,
    GenerationOrder,
    GenerationProgress,
    GenerationResult,
)
from likeness.domain.deletion.key_ranges import KeyRange
from likeness.domain.deletion.receipt import PHOTOS, StoredObject
from likeness.domain.deletion.retention import SweepFinding
from likeness.domain.errors import Conflict, Denied, NotDeleted, NotFound, Unavailable
from likeness.domain.generation.avatar import Avatar
from likeness.domain.ids import AvatarId, JobId, PhotoId
from likeness.domain.photos.photo import ContentType, UploadFolder
from likeness.domain.review.hold import PreservedFile
from likeness.ports.deletion import BucketObject, Marker, Page
from likeness.ports.photos import Upload
from likeness.ports.provenance import AvatarUrls, Sign
from tests.builders import NOW


class FakeBucket:
    """Objects by key. While `locked`, deleting has no effect."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.locked = False

    def put(self, key: str, content: bytes) -> None:
        self.objects[key] = content

    def listing(self) -> list[str]:
        return sorted(self.objects)

    def get(self, key: str, what: str) -> bytes:
        if key not in self.objects:
            raise NotFound(f"there is no {what}")
        return self.objects[key]

    def delete(self, key: str) -> None:
        if not self.locked:
            self.objects.pop(key, None)

    def delete_folders(self, *folders: str) -> int:
        there = [key for key in self.objects if key.startswith(folders)]
        for key in there:
            self.delete(key)
        if there and self.locked:
            raise NotDeleted(f"{len(there)} objects are left")
        return len(there)


class FakePhotos:
    def __init__(self, bucket: FakeBucket | None = None) -> None:
        self.bucket = bucket or FakeBucket()
        self.uploaded_at = NOW

    def upload(self, job_id: JobId, photo_id: PhotoId, content: bytes) -> str:
        """Upload with a presigned POST; returns the ETag."""
        self.bucket.put(f"uploads/{job_id}/{photo_id}", content)
        return _etag(content)

    def presigned_post(
        self,
        job_id: JobId,
        photo_id: PhotoId,
        content_type: ContentType,
        *,
        folder: UploadFolder = "uploads",
    ) -> PresignedPost:
        return PresignedPost(
            photo_id=photo_id,
            url="https://photos.test/",
            fields={"key": f"{folder}/{job_id}/{photo_id}", "Content-Type": content_type},
            max_bytes=20 * 2**20,
            expires_at=NOW + timedelta(minutes=15),
        )

    def appeal(self, job_id: JobId, photo_id: PhotoId, content: bytes) -> str:
        """Upload for an appeal; returns the ETag."""
        self.bucket.put(f"appeals/{job_id}/{photo_id}", content)
        return _etag(content)

    def uploads(self, job_id: JobId) -> list[Upload]:
        folder = f"uploads/{job_id}/"
        return [
            Upload(
                photo_id=PhotoId(key.removeprefix(folder)),
                etag=_etag(self.bucket.objects[key]),
                uploaded_at=self.uploaded_at,
            )
            for key in self.bucket.listing()
            if key.startswith(folder)
        ]

    def read_upload(
        self, job_id: JobId, photo_id: PhotoId, *, etag: str, folder: UploadFolder = "uploads"
    ) -> bytes:
        content = self.bucket.get(f"{folder}/{job_id}/{photo_id}", f"upload {photo_id}")
        if _etag(content) != etag.strip('"'):
            raise NotFound(f"upload {photo_id} was replaced")
        return content

    def delete_upload(
        self, job_id: JobId, photo_id: PhotoId, *, folder: UploadFolder = "uploads"
    ) -> None:
        self.bucket.delete(f"{folder}/{job_id}/{photo_id}")

    def store(self, job_id: JobId, photo_id: PhotoId, jpeg: bytes) -> None:
        self.bucket.put(f"photos/{job_id}/{photo_id}.jpg", jpeg)

    def read(self, job_id: JobId, photo_id: PhotoId) -> bytes:
        return self.bucket.get(f"photos/{job_id}/{photo_id}.jpg", f"photo {photo_id}")

    def delete(self, job_id: JobId, photo_id: PhotoId) -> None:
        self.bucket.delete(f"photos/{job_id}/{photo_id}.jpg")

    def review_url(self, job_id: JobId, photo_id: PhotoId) -> str:
        return f"https://photos.test/photos/{job_id}/{photo_id}.jpg?X-Amz-Expires=60"


class FakeHoldFiles:
    """Copies by key. While `down`, nothing can be stored; while retained, nothing is deleted."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.retained: dict[JobId, datetime] = {}
        self.down = False

    def store(self, job_id: JobId, file: PreservedFile, content: bytes) -> None:
        if self.down:
            raise Unavailable("PutObject returned InternalError")
        self.objects[file.key(job_id)] = content

    def retain(self, job_id: JobId, until: datetime) -> None:
        self.retained[job_id] = until

    def delete(self, job_id: JobId) -> None:
        if job_id in self.retained:
            raise Denied("DeleteObject returned AccessDenied")
        for key in [key for key in self.objects if key.startswith(f"{job_id}/")]:
            del self.objects[key]


class FakeWork:
    def __init__(self, bucket: FakeBucket | None = None, photos: FakeBucket | None = None) -> None:
        self.bucket = bucket or FakeBucket()
        self.photos = photos or FakeBucket()
        self.orders: list[GenerationOrder] = []

    def order(self, order: GenerationOrder) -> None:
        self.orders.append(order)
        key = f"work/{order.job_id}/r{order.attempt}/order/order.json"
        self.bucket.put(key, order.model_dump_json().encode())

    def deliver(self, result: GenerationResult, pngs: dict[AvatarId, bytes]) -> None:
        """Write what the container writes."""
        folder = f"work/{result.job_id}/r{result.attempt}/checkpoints"
        for avatar_id, png in pngs.items():
            self.bucket.put(f"{folder}/{avatar_id}.png", png)
        self.bucket.put(f"{folder}/result.json", result.model_dump_json().encode())

    def pack(self, job_id: JobId, attempt: int) -> None:
        content = self.bucket.get(f"work/{job_id}/r{attempt}/order/order.json", "order")
        files = {"order.json": content}
        for photo in GenerationOrder.model_validate_json(content).photos:
            name = f"photos/{job_id}/{photo.photo_id}.jpg"
            files[f"photos/{photo.photo_id}.jpg"] = self.photos.get(name, "photo")
        self.bucket.put(f"work/{job_id}/r{attempt}/endpoint/request.tar", endpoint_tar.pack(files))

    def unpack(self, job_id: JobId, attempt: int) -> int:
        folder = f"work/{job_id}/r{attempt}"
        archive = self.bucket.objects.get(f"{folder}/endpoint/response.tar")
        if archive is None:
            return len(self.result(job_id, attempt).avatars)
        found = endpoint_tar.unpack(archive)
        self.bucket.put(f"{folder}/checkpoints/result.json", found.pop("result.json"))
        for avatar_id, png in found.items():
            self.bucket.put(f"{folder}/checkpoints/{avatar_id}.png", png)
        self.delete_response(job_id, attempt)
        return len(found)

    def delete_response(self, job_id: JobId, attempt: int) -> None:
        for name in ("request", "response"):
            self.bucket.delete(f"work/{job_id}/r{attempt}/endpoint/{name}.tar")

    def delete_failure(self, uri: str) -> None:
        key = uri.removeprefix("s3://avatars/")
        if key.startswith("work/"):
            self.bucket.delete(key)

    def result(self, job_id: JobId, attempt: int) -> GenerationResult:
        key = f"work/{job_id}/r{attempt}/checkpoints/result.json"
        result = GenerationResult.model_validate_json(self.bucket.get(key, "result"))
        if (result.job_id, result.attempt) != (job_id, attempt):
            raise Conflict("the result is of another job or attempt")
        return result

    def report(self, job_id: JobId, attempt: int, progress: GenerationProgress) -> None:
        key = f"work/{job_id}/r{attempt}/checkpoints/progress.json"
        self.bucket.put(key, progress.model_dump_json().encode())

    def progress(self, job_id: JobId, attempt: int) -> GenerationProgress | None:
        key = f"work/{job_id}/r{attempt}/checkpoints/progress.json"
        try:
            return GenerationProgress.model_validate_json(self.bucket.get(key, "progress"))
        except (NotFound, ValueError):
            return None

    def promote(self, avatar: Avatar) -> None:
        drawn = f"work/{avatar.job_id}/r{avatar.attempt}/checkpoints/{avatar.avatar_id}.png"
        content = self.bucket.get(drawn, f"avatar {avatar.avatar_id}")
        self.bucket.put(f"drawn/{avatar.job_id}/{avatar.avatar_id}.png", content)

    def verify(self, avatar: DrawnAvatar, job_id: JobId, attempt: int) -> bool:
        key = f"work/{job_id}/r{attempt}/checkpoints/{avatar.avatar_id}.png"
        png = self.bucket.objects.get(key, b"")
        named = avatar.file == f"{avatar.avatar_id}.png"
        return named and hashlib.sha256(png).hexdigest() == avatar.sha256


class FakeAvatarStore:
    """Publishes the drawn PNG, and WebP files without pixels."""

    def __init__(self, bucket: FakeBucket | None = None) -> None:
        self.bucket = bucket or FakeBucket()

    def publish(self, avatars: Sequence[Avatar], *, sign: Sign) -> None:
        ranked = sorted(avatars, key=lambda avatar: avatar.rank)
        for avatar in ranked:
            drawn = f"drawn/{avatar.job_id}/{avatar.avatar_id}.png"
            png = self.bucket.get(drawn, f"avatar {avatar.avatar_id}")
            if hashlib.sha256(png).hexdigest() != avatar.sha256:
                raise Conflict(f"avatar {avatar.avatar_id} was changed")
            folder = f"avatars/{avatar.job_id}/{avatar.avatar_id}"
            self.bucket.put(f"{folder}/1024.png", sign(avatar, png, "image/png"))
            self.bucket.put(f"{folder}/512.webp", sign(avatar, b"512", "image/webp"))
            self.bucket.put(f"{folder}/256.webp", sign(avatar, b"256", "image/webp"))
        self._pack(ranked, [self._png(avatar) for avatar in ranked])

    def publish_placeholders(self, avatars: Sequence[Avatar]) -> None:
        ranked = sorted(avatars, key=lambda avatar: avatar.rank)
        for avatar in ranked:
            folder = f"avatars/{avatar.job_id}/{avatar.avatar_id}"
            for name in ("1024.png", "512.webp", "256.webp"):
                self.bucket.put(f"{folder}/{name}", b"TEST")
        self._pack(ranked, [self._png(avatar) for avatar in ranked])

    def _png(self, avatar: Avatar) -> bytes:
        key = f"avatars/{avatar.job_id}/{avatar.avatar_id}/1024.png"
        return self.bucket.get(key, f"avatar {avatar.avatar_id}")

    def _pack(self, ranked: Sequence[Avatar], pngs: Iterable[bytes]) -> None:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            for n, (avatar, png) in enumerate(zip(ranked, pngs, strict=True), start=1):
                archive.writestr(f"{n:02d}-{avatar.style}.png", png)
        for job_id in {avatar.job_id for avatar in ranked}:
            self.bucket.put(f"avatars/{job_id}/avatars.zip", file.getvalue())

    def urls(self, job_id: JobId, avatar_ids: Iterable[AvatarId]) -> dict[AvatarId, AvatarUrls]:
        return {
            avatar_id: AvatarUrls(
                png=_url(f"avatars/{job_id}/{avatar_id}/1024.png"),
                webp={
                    side: _url(f"avatars/{job_id}/{avatar_id}/{side}.webp") for side in (512, 256)
                },
            )
            for avatar_id in avatar_ids
        }

    def thumbnail_url(self, job_id: JobId, avatar_id: AvatarId) -> str:
        return _url(f"avatars/{job_id}/{avatar_id}/256.webp")

    def archive_url(self, job_id: JobId) -> str:
        return _url(f"avatars/{job_id}/avatars.zip")

    def keep(self, kept: Sequence[Avatar], others: Iterable[AvatarId]) -> None:
        ranked = sorted(kept, key=lambda avatar: avatar.rank)
        self._pack(ranked, [self._png(avatar) for avatar in ranked])
        (job_id,) = {avatar.job_id for avatar in kept}
        self.bucket.delete_folders(*(f"avatars/{job_id}/{avatar_id}/" for avatar_id in others))


class FakeJobFiles:
    """Both buckets, by place."""

    def __init__(self, photos: FakeBucket, avatars: FakeBucket) -> None:
        self._photos = photos
        self._avatars = avatars

    def inventory(
        self, job_id: JobId, places: Iterable[str], *, photo: PhotoId | None = None
    ) -> list[StoredObject]:
        return [
            StoredObject(
                name=f"{place}/{key.removeprefix(f'{place}/{job_id}/')}",
                etag=_etag(bucket.objects[key]),
                created_at=NOW,
            )
            for place in places
            for bucket in [self._photos if place in PHOTOS else self._avatars]
            for key in bucket.listing()
            if key.startswith(f"{place}/{job_id}/{photo or ''}")
        ]

    def delete(self, job_id: JobId, places: Iterable[str], *, photo: PhotoId | None = None) -> int:
        folders = [f"{place}/{job_id}/{photo or ''}" for place in places]
        return self._photos.delete_folders(*folders) + self._avatars.delete_folders(*folders)


class FakeLeftovers:
    """Lists what `FakeJobFiles` lists, or fails while it is `blind`."""

    def __init__(self, photos: FakeBucket, avatars: FakeBucket) -> None:
        self._files = FakeJobFiles(photos, avatars)
        self.blind = False

    def find(self, job_id: JobId, places: Iterable[str]) -> list[StoredObject]:
        if self.blind:
            raise Denied("ListObjectVersions returned AccessDenied")
        return self._files.inventory(job_id, places)


class FakeBuckets:
    """The objects of a sweep, set by a test."""

    def __init__(self) -> None:
        self.stored: list[BucketObject] = []
        self.drifted: list[SweepFinding] = []
        self.locked = False
        self.page_size = 1000
        self.dies_after: int | None = None  # pages

    def uploads(self, within: KeyRange) -> list[BucketObject]:
        return [one for one in self._in(within) if one.upload]

    def page(self, within: KeyRange, after: Marker | None) -> Page:
        if self.dies_after == 0:
            raise Unavailable("ListObjectVersions returned InternalError")
        self.dies_after = self.dies_after and self.dies_after - 1
        there = [one for one in self._in(within) if not one.upload]
        there = [one for one in there if after is None or _marker(one) > _marker(after)]
        found = tuple(there[: self.page_size])
        last = None
        if len(there) > len(found):
            last = Marker(key=found[-1].key, version=found[-1].version or "")
        return Page(objects=found, last=last)

    def _in(self, within: KeyRange) -> list[BucketObject]:
        return sorted(
            (
                one
                for one in self.stored
                if one.bucket == within.bucket
                and one.key > within.after
                and (within.up_to is None or one.key <= within.up_to)
            ),
            key=_marker,
        )

    def delete(self, objects: Sequence[BucketObject]) -> int:
        if self.locked:
            return len(objects)
        self.stored = [one for one in self.stored if one not in objects]
        return 0

    def drift(self, lifecycle: Mapping[str, Mapping[str, int]]) -> list[SweepFinding]:
        assert set(lifecycle) == {"photos", "avatars"}
        return self.drifted


def _marker(of: BucketObject | Marker) -> tuple[str, str]:
    return of.key, of.version or ""


class FakeInspections:
    def __init__(self) -> None:
        self.requested: list[tuple[JobId, Upload]] = []
        self.down = False

    def request(self, job_id: JobId, upload: Upload) -> None:
        if self.down:
            raise Unavailable("Lambda does not respond")
        self.requested.append((job_id, upload))


def _etag(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()  # noqa: S324 - what S3's ETag is


def _url(key: str) -> str:
    return f"https://avatars.test/{key}?X-Amz-Expires=300"
