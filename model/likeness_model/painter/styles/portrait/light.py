"""Light added to light, on float planes."""

import numpy as np

from likeness_model.painter.technique.planes import Plane


def screened(one: Plane, other: Plane) -> Plane:
    """Two lights on one film, 1 - (1 - a)(1 - b). It overwrites both arguments: at 1024 px a copy
    takes 12 MB."""
    np.subtract(1, one, out=one)
    np.subtract(1, other, out=other)
    np.multiply(one, other, out=one)
    return np.subtract(1, one, out=one)
