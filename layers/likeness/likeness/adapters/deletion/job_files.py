"""A job's files in the photos and avatars buckets: list them and delete them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.adapters.aws_errors import domain_errors
from likeness.adapters.s3.deletion import delete_folders
from likeness.adapters.s3.listing import all_objects
from likeness.domain.deletion.receipt import PHOTOS, StoredObject

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mypy_boto3_s3.client import S3Client

    from likeness.domain.ids import JobId, PhotoId


class BucketFiles:
    def __init__(self, s3: S3Client, *, photos: str, avatars: str) -> None:
        self._s3 = s3
        self._photos = photos
        self._avatars = avatars

    def inventory(
        self, job_id: JobId, places: Iterable[str], *, photo: PhotoId | None = None
    ) -> list[StoredObject]:
        with domain_errors():
            return [found for place in places for found in self._in(place, job_id, photo)]

    def delete(self, job_id: JobId, places: Iterable[str], *, photo: PhotoId | None = None) -> int:
        """A photo's id has a fixed length, so its keys are those that begin with it."""
        folders: dict[str, list[str]] = {}
        for place in places:
            folders.setdefault(self._bucket(place), []).append(f"{place}/{job_id}/{photo or ''}")
        return sum(delete_folders(self._s3, bucket, *there) for bucket, there in folders.items())

    def _bucket(self, place: str) -> str:
        return self._photos if place in PHOTOS else self._avatars

    def _in(self, place: str, job_id: JobId, photo: PhotoId | None) -> Iterator[StoredObject]:
        folder = f"{place}/{job_id}/"
        for found in all_objects(self._s3, self._bucket(place), f"{folder}{photo or ''}"):
            yield StoredObject(
                name=f"{place}/{found.key.removeprefix(folder)}",
                etag=found.etag,
                created_at=found.created_at,
            )
