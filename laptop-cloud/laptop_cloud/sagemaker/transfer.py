"""Transfers between S3 and a directory, with the permissions of the job's role."""

from __future__ import annotations

import os
import tarfile
import tempfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError

from laptop_cloud.sagemaker.errors import Failed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_s3 import S3Client

S3_ERRORS = (ClientError, BotoCoreError, Boto3Error)


class Place(NamedTuple):
    """The parts of an S3 URI; the prefix has no slash at either end."""

    bucket: str
    prefix: str

    @classmethod
    def of(cls, uri: str) -> Place:
        bucket, _, prefix = uri.removeprefix("s3://").partition("/")
        return cls(bucket, prefix.strip("/"))

    def below(self, *parts: str) -> str:
        return "/".join(part for part in (self.prefix, *parts) if part)

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}"


def matching_keys(s3: S3Client, uri: str) -> Iterator[str]:
    """Every key under an S3Prefix: SageMaker matches the text, not the folder."""
    bucket, _, prefix = uri.removeprefix("s3://").partition("/")
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for entry in page.get("Contents", ()):
            if not entry["Key"].endswith("/"):
                yield entry["Key"]


def download(s3: S3Client, uri: str, directory: Path) -> int:
    """Copy every object under a prefix to the directory; returns their number."""
    directory.mkdir(parents=True, exist_ok=True)
    place = Place.of(uri)
    count = 0
    try:
        for key in matching_keys(s3, uri):
            target = directory / _relative(key, place.prefix)
            if not target.resolve().is_relative_to(directory.resolve()):
                raise Failed(f"ClientError: Data download failed: no file can be named {key!r}")
            target.parent.mkdir(parents=True, exist_ok=True)
            s3.download_file(place.bucket, key, str(target))
            count += 1
    except S3_ERRORS as error:
        raise Failed(f"ClientError: Data download failed from {place}: {error}") from error
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise Failed(
            f"ClientError: Data download failed: under {place} one key is another's folder"
        ) from error
    return count


def _relative(key: str, prefix: str) -> str:
    """A key's name in the channel: below the prefix, or below the prefix's folder."""
    if not prefix:
        return key
    if key.startswith(prefix + "/"):
        return key[len(prefix) + 1 :]
    return key[len(str(PurePosixPath(prefix).parent)) + 1 :] if "/" in prefix else key


def upload_archive(
    s3: S3Client, directory: Path, place: Place, name: str, extra: dict[str, str]
) -> str | None:
    """Pack the directory to `name` under the place; returns its URI, None if it is empty."""
    if not any(directory.iterdir()):
        return None
    key = place.below(name)
    with tempfile.TemporaryFile(dir=directory.parent) as file:
        with tarfile.open(fileobj=file, mode="w:gz") as archive:
            for entry in sorted(directory.iterdir()):
                archive.add(entry, arcname=entry.name)
        file.seek(0)
        upload(s3, file, place.bucket, key, extra)
    return f"s3://{place.bucket}/{key}"


def upload_files(
    s3: S3Client, directory: Path, place: Place, name: str, extra: dict[str, str]
) -> str | None:
    """The same without an archive, for an OutputDataConfig with CompressionType NONE."""
    files = list(files_in(directory))
    for path in files:
        with path.open("rb") as file:
            key = place.below(name, path.relative_to(directory).as_posix())
            upload(s3, file, place.bucket, key, extra)
    return f"s3://{place.bucket}/{place.below(name)}/" if files else None


def files_in(directory: Path) -> Iterator[Path]:
    """Regular files only: a link could point outside the container's directory."""
    for folder, _, names in os.walk(directory):
        for name in sorted(names):
            path = Path(folder, name)
            if path.is_file() and not path.is_symlink():
                yield path


def upload(s3: S3Client, file: Any, bucket: str, key: str, extra: dict[str, str]) -> None:
    try:
        s3.upload_fileobj(file, bucket, key, ExtraArgs=extra)
    except S3_ERRORS as error:
        raise Failed(f"ClientError: Upload to s3://{bucket}/{key} failed: {error}") from error
