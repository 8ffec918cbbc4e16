"""Copies a checkpoint directory to S3 while the program writes to it."""

from __future__ import annotations

import logging
import os
import threading
from typing import TYPE_CHECKING

from laptop_cloud.sagemaker.errors import Failed
from laptop_cloud.sagemaker.transfer import Place, download, files_in, upload

if TYPE_CHECKING:
    from pathlib import Path

    from mypy_boto3_s3 import S3Client

logger = logging.getLogger(__name__)

_Version = tuple[int, int, int]


class Checkpoints:
    """Files are uploaded in the order of writing, so that none arrives before one it refers to.

    The program writes to a name that begins with a dot or ends with `.tmp`, then renames it. Such
    names are not uploaded, and a file is read from one open handle, so no half-written file is. A
    file that is deleted here stays in S3, as on AWS.
    """

    def __init__(self, s3: S3Client, uri: str, directory: Path, *, interval: float) -> None:
        self._s3 = s3
        self._place = Place.of(uri)
        self._directory = directory
        self._interval = interval
        self._sent: dict[Path, _Version] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)

    def restore(self) -> None:
        """Download the files of an earlier job. There may be none."""
        download(self._s3, f"s3://{self._place.bucket}/{self._folder()}", self._directory)
        self._sent = {path: _version(path.stat()) for path in files_in(self._directory)}

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the background thread; no upload is in flight when this returns."""
        self._ended.set()
        if self._thread.ident:
            self._thread.join()

    def sync(self) -> None:
        """Upload new and changed files, oldest first. A file that is being written waits."""
        for version, path in sorted(self._changed()):
            try:
                file = path.open("rb")
            except FileNotFoundError:
                continue
            with file:
                if _version(os.fstat(file.fileno())) == version:
                    relative = path.relative_to(self._directory).as_posix()
                    upload(self._s3, file, self._place.bucket, self._place.below(relative), {})
                    self._sent[path] = version

    def _changed(self) -> list[tuple[_Version, Path]]:
        found = []
        for path in files_in(self._directory):
            if not any(_is_unfinished(part) for part in path.relative_to(self._directory).parts):
                try:
                    version = _version(path.stat())
                except FileNotFoundError:
                    continue
                if self._sent.get(path) != version:
                    found.append((version, path))
        return found

    def _run(self) -> None:
        while not self._ended.wait(self._interval):
            try:
                self.sync()
            except Failed as failure:  # the last sync decides about the job
                logger.warning("a checkpoint could not be uploaded: %s", failure.reason)
            except OSError:
                logger.exception("the checkpoint directory could not be read")

    def _folder(self) -> str:
        return self._place.prefix + "/" if self._place.prefix else ""


def _version(status: os.stat_result) -> _Version:
    return status.st_mtime_ns, status.st_ino, status.st_size


def _is_unfinished(name: str) -> bool:
    return name.startswith(".") or name.endswith(".tmp")
