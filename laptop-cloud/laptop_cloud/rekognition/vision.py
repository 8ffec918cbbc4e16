"""The models that a project provides for Rekognition.

A project names a module with these functions. Pictures are RGB arrays, (height, width, 3) uint8;
coordinates are pixels of the picture.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Floats = NDArray[np.float32]


class Face(Protocol):
    """A detected face."""

    @property
    def x(self) -> float:
        """Left edge of the box."""

    @property
    def y(self) -> float:
        """Top edge of the box."""

    @property
    def width(self) -> float: ...

    @property
    def height(self) -> float: ...

    @property
    def landmarks(self) -> Floats:
        """(5, 2): left and right eye, nose, left and right corner of the mouth, in the picture."""

    @property
    def score(self) -> float:
        """The detector's confidence, 0 to 1."""


class Mesh(Protocol):
    """The 468 points of MediaPipe's face mesh."""

    @property
    def plane(self) -> Floats:
        """(468, 2): the points in the picture."""


class Pose(Protocol):
    """Degrees. Yaw and pitch have the opposite sign of Rekognition's."""

    @property
    def yaw(self) -> float: ...

    @property
    def pitch(self) -> float: ...

    @property
    def roll(self) -> float: ...


class Vision(Protocol):
    """The functions of the project's module. Percents are on Rekognition's scale, 0 to 100."""

    MODERATION_MODEL: str  # returned as ModerationModelVersion

    def find_faces(self, image: Image, /) -> list[Any]:
        """Every `Face`, largest first. No side of a picture is below a 24th of the other."""

    def lay_mesh(self, image: Image, face: Any, /) -> Any:
        """The `Mesh` of a face, or None if none fits, as on a profile."""

    def head_pose(self, mesh: Any, /) -> Pose: ...

    def embed_face(self, image: Image, mesh: Any, /) -> Floats:
        """A vector that identifies the person."""

    def similarity(self, one: Floats, other: Floats, /) -> float:
        """Percent, for two embeddings. More than 90 is the same person."""

    def age_range(self, image: Image, mesh: Any, /) -> tuple[int, int]:
        """The lowest and highest likely age, years."""

    def covered(self, image: Image, mesh: Any, /) -> Iterable[bool | None]:
        """For each eye and the mouth: is it covered or outside the picture? None: unknown."""

    def smile_confidence(self, image: Image, mesh: Any, /) -> float:
        """Percent that the face smiles."""

    def moderation_labels(self, image: Image, /) -> Mapping[str, float]:
        """Percent for each label of taxonomy.py that the models can tell."""
