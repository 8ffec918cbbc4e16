"""Estimate an age from two models, and its uncertainty."""

import numpy as np

from likeness_model.vision.chip import face_chip
from likeness_model.vision.records import Age, Image, Mesh
from likeness_model.vision.sessions import run

CHANNEL_MEANS = np.array([122.782, 117.001, 104.298], np.float32).reshape(1, 3, 1, 1)
# The first class is "under one year".
YEARS = np.concatenate([[0.25], np.arange(1, 81)]).astype(np.float32)
ADULT = 18


def estimate_age(image: Image, mesh: Mesh) -> Age:
    """The mean of two models that were trained on other photos.

    Standard deviation of the estimates for one adult on several photos, years: first model 5.4,
    2.8 and 1.2, second 2.6, 2.2 and 2.0, mean 3.6, 1.6 and 1.2 (eight views of one photo, eleven
    and three photos). `under_18` is the first model's, at most 0.23 for adults. Neither was
    measured on teenagers.
    """
    chip = face_chip(image, mesh, size=64, padding=0.2)
    shares = run("age", (chip - CHANNEL_MEANS) / 256)[0][0]
    first = float(shares @ YEARS)
    variance = float(shares @ YEARS**2) - first**2
    second = float(run("age_xception", face_chip(image, mesh, size=112, padding=0.25))[0][0, 0])
    return Age(
        expected=(first + second) / 2,
        deviation=float(np.sqrt(max(0.0, variance) / 2 + ((first - second) / 2) ** 2)),
        under_18=float(shares[:ADULT].sum()),
    )
