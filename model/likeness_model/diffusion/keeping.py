"""What a stopped run leaves of its learning, so that the next one need not begin anew."""

from pathlib import Path

from likeness_model.folders import put

HEAD, TAIL = "learning-", ".safetensors"


class Keeping:
    """One file in the checkpoint folder. It tells a face: it goes when the job is done, and is
    read only by a run with the same photos and recipe (`key`)."""

    def __init__(self, folder: Path, key: str) -> None:
        self._folder = folder
        self._file = folder / f"{HEAD}{key}{TAIL}"

    def find(self) -> bytes | None:
        try:
            return self._file.read_bytes()
        except FileNotFoundError:
            return None

    def keep(self, content: bytes) -> None:
        put(self._file, content)

    def forget(self) -> None:
        """Every such file, also one that was being written when a run was stopped."""
        for pattern in (f"{HEAD}*{TAIL}", f".{HEAD}*"):
            for path in self._folder.glob(pattern):
                path.unlink()
