"""Portraits and job folders for the tests of the model."""

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import pytest

from likeness.domain.photos.photo import Box
from likeness.domain.provenance.watermark import watermark_of
from likeness_model.generation.variation import Variation
from likeness_model.painter.subject import read_subject
from likeness_model.vision import sessions
from likeness_model.vision.images import read_rgb

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "demo/photos"
JOB = "j" + "0" * 32
PACKAGES = os.pathsep.join([str(ROOT / "model"), str(ROOT / "layers/likeness")])  # PYTHONPATH
PATIENCE_S = 120  # for another process


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """As the painter's workers: threads that wait for work keep the other test process's core."""
    cv2.setNumThreads(1)
    sessions.use_threads(1)


@pytest.fixture(scope="session")
def photos():
    """The demo photos by the word in their name: close, wide, tilted, mirrored, ..."""
    return {path.stem.split("-")[1]: read_rgb(path) for path in sorted(DEMO.glob("*.jpg"))}


@pytest.fixture(scope="session")
def subject(photos):
    return read_subject(photos["wide"], 256)


@pytest.fixture(scope="session")
def scene(subject):
    return subject.scene(Variation(), 256)


@dataclass
class JobFolder:
    """The container's folders: photos, an order for them, and the output."""

    base: Path
    photos: dict[str, bytes] = field(default_factory=dict)

    def add_photo(self, photo_id: str, content: bytes) -> None:
        self.photos[photo_id] = content
        folder = self.base / "input/data/photos"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{photo_id}.jpg").write_bytes(content)

    def order(
        self, styles: list[str], faces: Mapping[str, Box] | None = None, **changes: Any
    ) -> None:
        avatars = [
            {
                "avatar_id": f"a{n:02}",
                "style": style,
                "seed": n,
                "watermark": watermark_of(n, 1, f"a{n:02}"),
            }
            for n, style in enumerate(styles, 1)
        ]
        boxes = {photo_id: box.model_dump() for photo_id, box in (faces or {}).items()}
        listed = [
            {
                "photo_id": photo_id,
                "sha256": hashlib.sha256(content).hexdigest(),
                "face": boxes.get(photo_id),
            }
            for photo_id, content in self.photos.items()
        ]
        order = {"job_id": JOB, "attempt": 1, "size": 192, "photos": listed, "avatars": avatars}
        self.write_order(json.dumps(order | changes))

    def write_order(self, text: str) -> None:
        folder = self.base / "input/data/order"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "order.json").write_text(text)

    @property
    def checkpoints(self) -> Path:
        return self.base / "checkpoints"

    @property
    def failure(self) -> str:
        return (self.base / "output/failure").read_text()

    def result(self) -> dict[str, Any]:
        return json.loads((self.checkpoints / "result.json").read_text())


@pytest.fixture
def job_folder(tmp_path):
    return JobFolder(tmp_path)


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """For temporary files of a program, with a path that is short enough for its sockets."""
    with TemporaryDirectory() as folder:
        yield Path(folder)


def wait_until(ready: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not ready():
        assert time.monotonic() < deadline, "timed out"
        time.sleep(0.02)


def demo_bytes(word: str) -> bytes:
    return next(DEMO.glob(f"*-{word}*.jpg")).read_bytes()
