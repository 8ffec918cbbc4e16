"""The person on a photo."""

from likeness.domain.photos.photo import Box, same_face
from likeness_model.vision.detect import find_faces
from likeness_model.vision.mesh import lay_mesh
from likeness_model.vision.records import Face, Image, Mesh


class NoUsableFace(Exception):
    """The photo does not show the person's face so that a mesh fits."""


def find_person(photo: Image, box: Box | None = None) -> Mesh:
    """The mesh of the face at `box`, by default of the largest. Raises NoUsableFace.

    Another face never takes its place: it is a stranger's.
    """
    face = _face_at(box, photo, find_faces(photo, side=640)) or _face_at(
        box, photo, find_faces(photo)
    )
    mesh = face and lay_mesh(photo, face)
    if mesh is None:
        raise NoUsableFace("no usable face was found")
    return mesh


def _face_at(box: Box | None, photo: Image, faces: list[Face]) -> Face | None:
    if box is None:
        return faces[0] if faces else None
    height, width = photo.shape[:2]
    there = same_face(
        box,
        [
            Box(
                left=face.x / width,
                top=face.y / height,
                width=face.width / width,
                height=face.height / height,
            )
            for face in faces
        ],
    )
    return None if there is None else faces[there]
