"""The person on a photo."""

from likeness_model.vision.detect import find_faces
from likeness_model.vision.mesh import lay_mesh
from likeness_model.vision.records import Image, Mesh


class NoUsableFace(Exception):
    """The photo shows no face that a mesh fits."""


def find_person(photo: Image) -> Mesh:
    """The mesh of the photo's largest usable face. Raises NoUsableFace."""
    for face in find_faces(photo, side=640) or find_faces(photo):
        mesh = lay_mesh(photo, face)
        if mesh is not None:
            return mesh
    raise NoUsableFace("no usable face was found")
