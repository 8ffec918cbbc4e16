"""A face as the models see it, in Rekognition's records."""

from collections.abc import Callable, Set as AbstractSet
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from laptop_cloud.rekognition.expression import eyes_open, mouth_open, yes
from laptop_cloud.rekognition.landmarks import all_landmarks, five_landmarks
from laptop_cloud.rekognition.occlusion import face_occluded, occluded_without_mesh
from laptop_cloud.rekognition.pose import aws_pose, pose_of_five
from laptop_cloud.rekognition.quality import face_quality
from laptop_cloud.rekognition.sunglasses import sunglasses
from laptop_cloud.rekognition.vision import Face, Floats, Image, Mesh, Vision

MOST_FACES = 100  # Rekognition's limit


@dataclass(frozen=True)
class SeenFace:
    """Without a mesh (a profile, a covered face) age, identity and glasses are unknown."""

    vision: Vision
    image: Image
    face: Face
    mesh: Mesh | None
    _read: dict[str, dict[str, Any] | None] = field(default_factory=dict)  # attributes so far

    @cached_property
    def embedding(self) -> Floats | None:
        return self.vision.embed_face(self.image, self.mesh) if self.mesh else None

    def bounding_box(self) -> dict[str, float]:
        """Ratios of the picture. Like Rekognition's, the box of a cut face extends beyond the edge.

        The detector's box mostly ends at the edge; the mesh continues.
        """
        size = np.array(self.image.shape[1::-1])
        low = np.array([self.face.x, self.face.y])
        high = low + [self.face.width, self.face.height]
        if self.mesh is not None:
            first, last = self.mesh.plane.min(0), self.mesh.plane.max(0)
            low, high = np.where(first < 0, first, low), np.where(last > size, last, high)
        (left, top), (width, height) = low / size, (high - low) / size
        return {
            "Width": float(width),
            "Height": float(height),
            "Left": float(left),
            "Top": float(top),
        }

    def pose(self) -> dict[str, float]:
        """From the mesh; without one, from five landmarks."""
        if self.mesh is None:
            return pose_of_five(self.face.landmarks)
        return aws_pose(self.vision.head_pose(self.mesh))

    def compared(self) -> dict[str, Any]:
        """Rekognition's default attributes."""
        quality = face_quality(self.image, self.face, self.mesh)
        return {
            "BoundingBox": self.bounding_box(),
            "Confidence": self.face.score * 100,
            "Landmarks": five_landmarks(self.face, self.image.shape),
            "Pose": self.pose(),
            "Quality": {"Brightness": quality.brightness, "Sharpness": quality.sharpness},
        }

    def detail(self, wanted: AbstractSet[str]) -> dict[str, Any]:
        """The default attributes and, of those wanted, each one that the models can tell.

        The models cannot tell gender, emotions or a beard: these are never in the response.
        """
        detail = self.compared()
        if self.mesh is None:
            covered = occluded_without_mesh(self.face, detail["Pose"])
            if covered and wanted & {"ALL", "FACE_OCCLUDED"}:
                detail["FaceOccluded"] = covered
            return detail
        if "ALL" in wanted:
            detail["Landmarks"] = all_landmarks(self.face, self.mesh, self.image.shape)
        for attribute, (name, read) in _ATTRIBUTES.items():
            if wanted & {"ALL", attribute}:
                if attribute not in self._read:
                    self._read[attribute] = read(self, self.mesh)
                if found := self._read[attribute]:
                    detail[name] = found
        return detail

    def age_range(self, mesh: Mesh) -> dict[str, int]:
        low, high = self.vision.age_range(self.image, mesh)
        return {"Low": low, "High": high}


# What is asked for, its name in the response, and how it is read; None is unknown.
_ATTRIBUTES: dict[str, tuple[str, Callable[[SeenFace, Mesh], dict[str, Any] | None]]] = {
    "AGE_RANGE": ("AgeRange", lambda seen, mesh: seen.age_range(mesh)),
    "SUNGLASSES": ("Sunglasses", lambda seen, mesh: sunglasses(seen.image, mesh)),
    "FACE_OCCLUDED": (
        "FaceOccluded",
        lambda seen, mesh: face_occluded(seen.vision.covered(seen.image, mesh)),
    ),
    "EYES_OPEN": ("EyesOpen", lambda _, mesh: eyes_open(mesh)),
    "MOUTH_OPEN": ("MouthOpen", lambda _, mesh: mouth_open(mesh)),
    "SMILE": ("Smile", lambda seen, mesh: yes(seen.vision.smile_confidence(seen.image, mesh))),
}


def look(vision: Vision, image: Image) -> list[SeenFace]:
    """Every face, largest first."""
    faces = vision.find_faces(_widened(image))[:MOST_FACES]
    return [SeenFace(vision, image, face, vision.lay_mesh(image, face)) for face in faces]


def _widened(image: Image) -> Image:
    """The picture with grey below or beside a strip, so that each side has 43 px.

    With less than 32 px across, OpenCV's YuNet reads memory outside the picture and sometimes
    reports a face of infinite size in a blank strip.
    """
    height, width = image.shape[:2]
    least = -(-max(height, width) // 24)  # 43 px where the detector searches at 1024
    below, beside = max(0, least - height), max(0, least - width)
    if not below and not beside:
        return image
    return np.pad(image, ((0, below), (0, beside), (0, 0)), constant_values=128)
