"""The landmarks that the detector and the mesh give, under Rekognition's names.

Rekognition's left is the picture's left: its `eyeLeft` is the person's right eye.
"""

from collections.abc import Sequence
from typing import Any

from laptop_cloud.rekognition.vision import Face, Floats, Mesh

# Indices of the 468-point mesh. Eye rings run along the lids; their mean is the eye's centre.
LEFT_EYE_RING = [33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7]
RIGHT_EYE_RING = [263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249]

_FIVE = ("eyeLeft", "eyeRight", "nose", "mouthLeft", "mouthRight")
# Pupils are left out: this mesh has no irises.
_OTHERS = {
    "leftEyeBrowLeft": 70,
    "leftEyeBrowUp": 105,
    "leftEyeBrowRight": 107,
    "rightEyeBrowLeft": 336,
    "rightEyeBrowUp": 334,
    "rightEyeBrowRight": 300,
    "leftEyeLeft": 33,
    "leftEyeUp": 159,
    "leftEyeDown": 145,
    "leftEyeRight": 133,
    "rightEyeLeft": 362,
    "rightEyeUp": 386,
    "rightEyeDown": 374,
    "rightEyeRight": 263,
    "noseLeft": 98,
    "noseRight": 327,
    "mouthUp": 0,
    "mouthDown": 17,
    "upperJawlineLeft": 127,
    "midJawlineLeft": 172,
    "chinBottom": 152,
    "midJawlineRight": 397,
    "upperJawlineRight": 356,
}


def five_landmarks(face: Face, shape: Sequence[int]) -> list[dict[str, Any]]:
    """Rekognition's default landmarks, from the detector."""
    return [_record(name, point, shape) for name, point in zip(_FIVE, face.landmarks, strict=True)]


def all_landmarks(face: Face, mesh: Mesh, shape: Sequence[int]) -> list[dict[str, Any]]:
    others = [_record(name, mesh.plane[index], shape) for name, index in _OTHERS.items()]
    return five_landmarks(face, shape) + others


def _record(name: str, point: Floats, shape: Sequence[int]) -> dict[str, Any]:
    height, width = shape[:2]
    return {"Type": name, "X": float(point[0]) / width, "Y": float(point[1]) / height}
