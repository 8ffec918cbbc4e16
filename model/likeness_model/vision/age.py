"""Estimate an age and its uncertainty."""

import numpy as np

from likeness_model.vision.chip import face_chip
from likeness_model.vision.records import Age, Floats, Image, Mesh
from likeness_model.vision.sessions import run

CHANNEL_MEANS = np.array([122.782, 117.001, 104.298], np.float32).reshape(1, 3, 1, 1)
# The first class is "under one year".
YEARS = np.concatenate([[0.25], np.arange(1, 81)]).astype(np.float32)
ADULT = 18


def estimate_age(image: Image, mesh: Mesh) -> Age:
    """`under_18` was at most 0.23 for adults; it was not measured on teenagers."""
    return estimate_chip_age(age_chip(image, mesh))


def age_chip(image: Image, mesh: Mesh) -> Floats:
    """The network's input: (1, 3, 64, 64) float32."""
    return face_chip(image, mesh, size=64, padding=0.2)


def estimate_chip_age(chip: Floats) -> Age:
    shares = run("age", (chip - CHANNEL_MEANS) / 256)[0][0]
    return Age(
        expected=float(shares @ YEARS),
        under_18=float(shares[:ADULT].sum()),
        distribution=shares,
    )
