"""The container's folders (SageMaker's training contract), and how files appear in them."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from likeness.contracts import ORDER_FILE, GenerationOrder, OrderedPhoto
from likeness.domain.ids import PhotoId
from likeness_model.errors import OrderError, PhotosError

BASE = "SAGEMAKER_BASE_DIR"
FAILURE_LENGTH = 1024  # SageMaker shows this much of the failure file


@dataclass(frozen=True)
class Folders:
    """`input/data/{order,photos}` to read, `checkpoints`, `model` and `output` to write."""

    base: Path

    @classmethod
    def here(cls) -> "Folders":
        return cls(Path(os.environ.get(BASE, "/opt/ml")))

    @property
    def order(self) -> Path:
        return self.base / "input" / "data" / "order" / ORDER_FILE

    @property
    def photos(self) -> Path:
        return self.base / "input" / "data" / "photos"

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
    try:
        return GenerationOrder.model_validate_json(path.read_bytes())
    except FileNotFoundError as missing:
        raise OrderError(f"the channel 'order' holds no {path.name}") from missing
    except ValidationError as wrong:
        first = wrong.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise OrderError(f"{path.name}: {where}: {first['msg']}") from wrong


def read_photos(folder: Path, ordered: Sequence[OrderedPhoto]) -> dict[PhotoId, bytes]:
    """The ordered photos' files, each checked against its sum; no other file is opened.

    A photo that is missing or is another one was not the one that passed moderation: PhotosError.
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


def put(path: Path, content: bytes) -> None:
    """Write a file so that nobody, a sync least of all, ever sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content)
    part.replace(path)


def tell_failure(path: Path, kind: str, sentence: str) -> None:
    put(path, f"{kind}: {sentence}"[:FAILURE_LENGTH].encode())
