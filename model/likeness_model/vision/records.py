"""Results of the vision functions; coordinates are in pixels of the given image."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Face:
    """A detected face.

    Landmarks are (5, 2): right eye, left eye, nose tip, right and left corner of the mouth, from
    the person's view.
    """

    x: float
    y: float
    width: float
    height: float
    landmarks: Floats
    score: float

    @property
    def area(self) -> float:
        return self.width * self.height


@dataclass(frozen=True)
class Mesh:
    """The 468 points of a face, (468, 3): x, y and depth in the same unit (closer is less).

    `presence` is the network's probability, 0 to 1, of a face under the mesh. `others` are the
    photo's other faces, as `find_person` saw them.
    """

    points: Floats
    presence: float
    others: tuple[Face, ...] = ()

    @property
    def plane(self) -> Floats:
        return self.points[:, :2]


@dataclass(frozen=True)
class Pose:
    """Degrees. Yaw is positive when the nose points to the picture's left, roll when the head
    leans clockwise, pitch when it is lowered."""

    yaw: float
    pitch: float
    roll: float


@dataclass(frozen=True)
class Age:
    """An estimate; the distribution is over 0..80 years."""

    expected: float
    under_18: float
    distribution: Floats
