"""A face as the models see it, put into Rekognition's records."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

import numpy as np

from laptop_cloud.rekognition.age import age_range
from laptop_cloud.rekognition.landmarks import all_landmarks, five_landmarks
from laptop_cloud.rekognition.pose import aws_pose
from laptop_cloud.rekognition.quality import face_quality
from laptop_cloud.rekognition.sunglasses import sunglasses
from likeness_model.vision.detect import find_faces
from likeness_model.vision.embed import embed_face
from likeness_model.vision.mesh import lay_mesh
from likeness_model.vision.records import Face, Floats, Image, Mesh

MOST_FACES = 100  # Rekognition's own bound


@dataclass(frozen=True)
class SeenFace:
    """Without a mesh (a profile, half a face) age, identity and glasses cannot be told."""

    face: Face
    mesh: Mesh | None

    def embedding(self, image: Image) -> Floats | None:
        return embed_face(image, self.mesh) if self.mesh else None


def look(image: Image) -> list[SeenFace]:
    """Every face, largest first."""
    faces = find_faces(_widened(image))[:MOST_FACES]
    return [SeenFace(face, lay_mesh(image, face)) for face in faces]


def _widened(image: Image) -> Image:
    """A strip with grey beside it, so that the detector sees more than 32 px across.

    With less OpenCV's YuNet reads memory that is not the picture's, and now and then reports a face
    of infinite size in a blank strip.
    """
    height, width = image.shape[:2]
    least = -(-max(height, width) // 24)  # 43 px where the detector searches at 1024
    below, beside = max(0, least - height), max(0, least - width)
    if not below and not beside:
        return image
    return np.pad(image, ((0, below), (0, beside), (0, 0)), constant_values=128)


def bounding_box(face: Face, image: Image) -> dict[str, float]:
    """Ratios of the picture; like Rekognition's, a box may reach beyond the edge."""
    height, width = image.shape[:2]
    return {
        "Width": face.width / width,
        "Height": face.height / height,
        "Left": face.x / width,
        "Top": face.y / height,
    }


def compared_face(seen: SeenFace, image: Image) -> dict[str, Any]:
    """Rekognition's default attributes."""
    quality = face_quality(image, seen.face, seen.mesh)
    return {
        "BoundingBox": bounding_box(seen.face, image),
        "Confidence": seen.face.score * 100,
        "Landmarks": five_landmarks(seen.face, image.shape),
        "Pose": aws_pose(seen.face, seen.mesh),
        "Quality": {"Brightness": quality.brightness, "Sharpness": quality.sharpness},
    }


def face_detail(seen: SeenFace, image: Image, wanted: AbstractSet[str]) -> dict[str, Any]:
    """The default attributes and, of those wanted, each one that can really be told.

    Nothing here tells a gender, an emotion, a smile, a beard, open eyes or what covers a face: they
    are never in the answer.
    """
    detail = compared_face(seen, image)
    if seen.mesh is None:
        return detail
    if "ALL" in wanted:
        detail["Landmarks"] = all_landmarks(seen.face, seen.mesh, image.shape)
    if wanted & {"ALL", "AGE_RANGE"}:
        detail["AgeRange"] = age_range(image, seen.mesh)
    if wanted & {"ALL", "SUNGLASSES"}:
        told = sunglasses(image, seen.mesh)
        if told:
            detail["Sunglasses"] = told
    return detail
