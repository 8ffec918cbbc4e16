"""Estimate an age and its uncertainty, and ask a second model."""

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


def second_estimate(image: Image, mesh: Mesh) -> float:
    """Years, by a model that was trained on other photos.

    Standard deviation of the estimates for one adult, years: `estimate_age` 5.4, 2.8 and 1.2, this
    model 2.6, 2.2 and 2.0, the mean of both 3.6, 1.6 and 1.2 (eight views of one photo, eleven and
    three photos). A singer of about 17: 21 by the one, 18 by the other.
    """
    return float(run("age_xception", face_chip(image, mesh, size=112, padding=0.25))[0][0, 0])
