"""The person on a photo."""

from dataclasses import replace

from likeness.domain.photos.photo import Box, same_face
from likeness_model.vision.detect import find_faces
from likeness_model.vision.mesh import lay_mesh
from likeness_model.vision.records import Face, Image, Mesh

NOSE = 1  # the tip


class NoUsableFace(Exception):
    """The photo does not show the person's face so that a mesh fits."""


def find_person(photo: Image, box: Box | None = None) -> Mesh:
    """The mesh of the face at `box`, by default of the largest. Raises NoUsableFace.

    Another face never takes its place: it is a stranger's.
    """
    for side in (640, 1024):
        faces = find_faces(photo, side=side)
        face = _face_at(box, photo, faces)
        if face is not None:
            break
    mesh = face and lay_mesh(photo, face)
    if mesh is None:
        raise NoUsableFace("no usable face was found")
    return replace(mesh, others=tuple(other for other in faces if not _contains(other, mesh)))


def _contains(face: Face, mesh: Mesh) -> bool:
    x, y = mesh.plane[NOSE]
    return bool(face.x < x < face.x + face.width and face.y < y < face.y + face.height)


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
