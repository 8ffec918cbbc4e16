"""The celebrities that RecognizeCelebrities knows: a folder of portraits.

    gallery/Ada Lovelace.jpg                 one portrait: the file's name is the person's
    gallery/Ada Lovelace/1840.png, ...       several: the folder's name is

Underscores in a name stand for spaces. Without a gallery no face is a celebrity's.
"""

import base64
import hashlib
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from laptop_cloud.rekognition.errors import Refused
from laptop_cloud.rekognition.faces import look
from laptop_cloud.rekognition.images import read_image
from laptop_cloud.rekognition.vision import Floats, Vision

logger = logging.getLogger(__name__)

SUFFIXES = frozenset({".jpg", ".jpeg", ".png"})
SAME_PERSON = 90.0  # percent


@dataclass(frozen=True)
class Celebrity:
    name: str

    @property
    def id(self) -> str:
        """Stable for a name, as short as Rekognition's."""
        return hashlib.sha256(self.name.encode()).hexdigest()[:7]


class CelebrityGallery:
    """Reads the folder at each request, so that portraits can be added and deleted.

    Each portrait is embedded once.
    """

    def __init__(self, vision: Vision, folder: Path | None) -> None:
        self._vision = vision
        self._folder = folder
        self._lock = threading.Lock()
        self._embedded: dict[str, Floats | None] = {}  # by the portrait's content

    def nearest(self, face: Floats) -> tuple[Celebrity, float] | None:
        """The most similar celebrity above SAME_PERSON, and the similarity."""
        known = [
            (self._vision.similarity(face, portrait), name)
            for name, path in self._portraits()
            if (portrait := self._embed(path)) is not None
        ]
        similarity, name = max(known, key=lambda one: one[0], default=(SAME_PERSON, ""))
        return (Celebrity(name), similarity) if similarity > SAME_PERSON else None

    def load(self) -> int:
        """Embed every portrait; returns the number of faces."""
        return sum(self._embed(path) is not None for _, path in self._portraits())

    def _portraits(self) -> Iterator[tuple[str, Path]]:
        if self._folder is None or not self._folder.is_dir():
            return
        for path in sorted(self._folder.iterdir()):
            if path.is_dir():
                for portrait in sorted(path.iterdir()):
                    if portrait.suffix.lower() in SUFFIXES:
                        yield path.name.replace("_", " "), portrait
            elif path.suffix.lower() in SUFFIXES:
                yield path.stem.replace("_", " "), path

    def _embed(self, path: Path) -> Floats | None:
        content = path.read_bytes()
        key = hashlib.sha256(content).hexdigest()
        with self._lock:
            if key not in self._embedded:
                self._embedded[key] = self._largest_face(path, content)
            return self._embedded[key]

    def _largest_face(self, path: Path, content: bytes) -> Floats | None:
        try:
            portrait = {"Bytes": base64.b64encode(content), "S3Object": {}}
            image = read_image({"Image": portrait}, "Image")
        except Refused as refused:
            logger.warning("celebrity portrait %s is left out: %s", path.name, refused)
            return None
        faces = look(self._vision, image)
        embedding = faces[0].embedding if faces else None
        if embedding is None:
            logger.warning("celebrity portrait %s is left out: no clear face in it", path.name)
        return embedding
