"""Is an avatar still the user? Measured where a face can be found on it."""

from collections.abc import Sequence

import numpy as np

from likeness_model.vision.detect import find_faces
from likeness_model.vision.embed import embed_face, face_distance
from likeness_model.vision.mesh import lay_mesh
from likeness_model.vision.records import Face, Floats, Image

SEARCH_SIDE = 256  # a face fills a third of an avatar; coarse styles are even found more often here
NOSE_TIP = 1


def measure_likeness(picture: Image, drawn: Floats, references: Sequence[Floats]) -> float | None:
    """L2 distance to the nearest of the user's photos, or None where it cannot be measured.

    `drawn` is the mesh the picture was painted from: a "face" that the detector sees elsewhere,
    in a cloud or a pattern, is not the one to measure.
    """
    for face in find_faces(picture, side=SEARCH_SIDE):
        if not _holds(face, drawn[NOSE_TIP, :2]):
            continue
        mesh = lay_mesh(picture, face)
        if mesh is None:
            return None
        embedding = embed_face(picture, mesh)
        return min(face_distance(embedding, reference) for reference in references)
    return None


def _holds(face: Face, point: np.ndarray) -> bool:
    return bool(
        face.x <= point[0] <= face.x + face.width and face.y <= point[1] <= face.y + face.height
    )
