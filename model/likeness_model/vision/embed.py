"""Measure the distance between two faces (dlib's resnet v1)."""

import numpy as np

from likeness_model.vision.chip import face_chip
from likeness_model.vision.records import Floats, Image, Mesh
from likeness_model.vision.sessions import run

# Measured on photos: pairs of one person have 0.33 to 0.45; of 688 pairs of two people, one is
# below 0.50 and 14 are below 0.60, dlib's own threshold.
SAME_PERSON = 0.50


def embed_face(image: Image, mesh: Mesh) -> Floats:
    """(128,) float32."""
    return embed_chip(aligned_chip(image, mesh))


def aligned_chip(image: Image, mesh: Mesh) -> Floats:
    """The embedding's input: (1, 3, 150, 150) float32."""
    return face_chip(image, mesh, size=150, padding=0.25)


def embed_chip(chip: Floats) -> Floats:
    """(128,) float32."""
    return run("face_resnet", chip)[0][0]


def face_distance(one: Floats, other: Floats) -> float:
    """L2; smaller is more alike."""
    return float(np.linalg.norm(one - other))
