"""Tell if a face smiles."""

from likeness_model.vision.chip import face_chip
from likeness_model.vision.records import Image, Mesh
from likeness_model.vision.sessions import run

HAPPY = 1  # of the model's seven classes (face-api, src/faceExpressionNet/FaceExpressions.ts)


def smile(image: Image, mesh: Mesh) -> float:
    """Probability, 0..1. The other classes are not read: only a smile matters to a portrait."""
    chip = face_chip(image, mesh, size=112, padding=0.25)
    return float(run("expression", chip)[0][0, HAPPY])
