"""The LoRA training checkpoint, which a restarted run continues from."""

from collections.abc import Callable
from pathlib import Path

from likeness_model.generation.files import write_atomically

PREFIX, SUFFIX = "training-", ".safetensors"


class TrainingCheckpoint:
    """One file in the checkpoint folder. It holds a face, so it is deleted when the job ends; only
    a run with the same photos and recipe (`key`) reads it. Without `resumable` none is written."""

    def __init__(self, folder: Path, key: str, *, resumable: bool = True) -> None:
        self._folder = folder
        self._file = folder / f"{PREFIX}{key}{SUFFIX}"
        self._resumable = resumable

    def read(self) -> bytes | None:
        try:
            return self._file.read_bytes()
        except FileNotFoundError:
            return None

    def write(self, content: Callable[[], bytes]) -> None:
        if self._resumable:
            write_atomically(self._file, content())

    def delete(self) -> None:
        """Delete every training checkpoint, also one that was interrupted while being written."""
        for pattern in (f"{PREFIX}*{SUFFIX}", f".{PREFIX}*"):
            for path in self._folder.glob(pattern):
                path.unlink()
