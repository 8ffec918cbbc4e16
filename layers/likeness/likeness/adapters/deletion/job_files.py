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

    from likeness.domain.ids import JobId


class BucketFiles:
    def __init__(self, s3: S3Client, *, photos: str, avatars: str) -> None:
        self._s3 = s3
        self._photos = photos
        self._avatars = avatars

    def inventory(self, job_id: JobId, places: Iterable[str]) -> list[StoredObject]:
        with domain_errors():
            return [found for place in places for found in self._in(place, job_id)]

    def delete(self, job_id: JobId, places: Iterable[str]) -> int:
        folders: dict[str, list[str]] = {}
        for place in places:
            folders.setdefault(self._bucket(place), []).append(f"{place}/{job_id}/")
        return sum(delete_folders(self._s3, bucket, *there) for bucket, there in folders.items())

    def _bucket(self, place: str) -> str:
        return self._photos if place in PHOTOS else self._avatars

    def _in(self, place: str, job_id: JobId) -> Iterator[StoredObject]:
        prefix = f"{place}/{job_id}/"
        for found in all_objects(self._s3, self._bucket(place), prefix):
            yield StoredObject(
                name=f"{place}/{found.key.removeprefix(prefix)}",
                etag=found.etag,
                created_at=found.created_at,
            )
