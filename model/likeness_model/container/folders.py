"""The container's folders, as SageMaker's training contract defines them."""

import hashlib
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from likeness.contracts.container import ORDER_FILE, GenerationOrder, OrderedPhoto
from likeness.domain.ids import PhotoId
from likeness_model.container.start import BASE, DEFAULT_BASE
from likeness_model.errors import OrderError, PhotosError
from likeness_model.generation.files import write_atomically

log = logging.getLogger(__name__)

WEIGHTS = "LIKENESS_WEIGHTS"  # a folder of weights
WEIGHTS_CHANNEL = "SM_CHANNEL_WEIGHTS"  # set by SageMaker
FAILURE_LENGTH = 1024  # bytes of the failure file that SageMaker shows


@dataclass(frozen=True)
class Folders:
    """`input/data/{order,photos,weights}` are read, `checkpoints`, `model` and `output` written."""

    base: Path

    @classmethod
    def from_environment(cls) -> "Folders":
        return cls(Path(os.environ.get(BASE, DEFAULT_BASE)))

    @property
    def order(self) -> Path:
        return self.base / "input" / "data" / "order" / ORDER_FILE

    @property
    def photos(self) -> Path:
        return self.base / "input" / "data" / "photos"

    @property
    def weights(self) -> Path:
        named = os.environ.get(WEIGHTS) or os.environ.get(WEIGHTS_CHANNEL)
        return Path(named) if named else self.base / "input" / "data" / "weights"

    @property
    def checkpoints(self) -> Path:
        return self.base / "checkpoints"

    @property
    def model(self) -> Path:
        return self.base / "model"

    @property
    def failure(self) -> Path:
        return self.base / "output" / "failure"


def read_order(path: Path) -> GenerationOrder:
    """Raises OrderError."""
    try:
        return GenerationOrder.model_validate_json(path.read_bytes())
    except FileNotFoundError as missing:
        raise OrderError(f"the channel 'order' holds no {path.name}") from missing
    except ValidationError as wrong:
        first = wrong.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise OrderError(f"{path.name}: {where}: {first['msg']}") from wrong


def read_photos(folder: Path, ordered: Sequence[OrderedPhoto]) -> dict[PhotoId, bytes]:
    """The ordered photos, each checked against its SHA-256; no other file is opened.

    Raises PhotosError for a photo that is missing or differs from the moderated one.
    """
    photos: dict[PhotoId, bytes] = {}
    for photo in ordered:
        try:
            content = (folder / f"{photo.photo_id}.jpg").read_bytes()
        except FileNotFoundError as missing:
            raise PhotosError(f"photo {photo.photo_id} is not in the channel 'photos'") from missing
        if hashlib.sha256(content).hexdigest() != photo.sha256:
            raise PhotosError(f"photo {photo.photo_id} is not the one that was ordered")
        photos[photo.photo_id] = content
    return photos


def write_failure(path: Path, error: str, message: str) -> None:
    """The log and the exit code must not depend on it: a failure to write it is only logged."""
    try:
        write_atomically(path, f"{error}: {message}"[:FAILURE_LENGTH].encode())
    except OSError as denied:
        log.warning("the failure file cannot be written: %s", denied)
