"""Measure how far an avatar's face is from the user's photos."""

from collections.abc import Sequence

import numpy as np

from likeness_model.vision.detect import find_faces
from likeness_model.vision.embed import embed_face, face_distance
from likeness_model.vision.mesh import lay_mesh
from likeness_model.vision.records import Face, Floats, Image

SEARCH_SIDE = 256  # px: a face fills a third of an avatar; coarse styles are detected better here
NOSE_TIP = 1


def measure_distance(picture: Image, painted: Floats, references: Sequence[Floats]) -> float | None:
    """L2 distance to the nearest of the user's photos, or None where no face can be measured.

    `painted` is the mesh that the picture was painted from: a "face" detected elsewhere, in a cloud
    or a pattern, is ignored.
    """
    for face in find_faces(picture, side=SEARCH_SIDE):
        if not _contains(face, painted[NOSE_TIP, :2]):
            continue
        mesh = lay_mesh(picture, face)
        if mesh is None:
            return None
        embedding = embed_face(picture, mesh)
        return min(face_distance(embedding, reference) for reference in references)
    return None


def _contains(face: Face, point: np.ndarray) -> bool:
    return bool(
        face.x <= point[0] <= face.x + face.width and face.y <= point[1] <= face.y + face.height
    )
