"""FaceOccluded, from what the project's models tell of the eyes and the mouth."""

from collections.abc import Iterable
from typing import Any

from laptop_cloud.rekognition.vision import Face

SURE = 95.0  # percent, for every answer: the models give none
FACING = 40.0  # degrees; a mesh fits every face that is turned by less, unless it is covered
LEAST_PX = 60.0  # height of a face that a mesh fits


def face_occluded(covered: Iterable[bool | None]) -> dict[str, Any] | None:
    """`covered` has each part of the face: covered or not, or None for unknown.

    One covered part is enough, as in Rekognition's API reference: the eyes, the nose and the mouth.
    """
    parts = set(covered)
    if True in parts:
        return {"Value": True, "Confidence": SURE}
    return None if None in parts else {"Value": False, "Confidence": SURE}


def occluded_without_mesh(face: Face, pose: dict[str, float]) -> dict[str, Any] | None:
    """A face without a mesh that looks at the camera is covered; a profile is unknown."""
    facing = max(abs(pose["Yaw"]), abs(pose["Pitch"])) < FACING
    return face_occluded([True]) if facing and face.height >= LEAST_PX else None
